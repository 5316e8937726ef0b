"""What is done on a page to see it in a state, or to see what it answers."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.world import World


def nothing(page: Page, world: World) -> None:
    """The page itself is what is to be seen."""


def wrong_password(page: Page, world: World) -> None:
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", "not hers")
    page.keyboard.press("Enter")
    expect(page.locator(".error-list")).to_be_visible()


def half_logged_in(page: Page, world: World) -> None:
    world.give_password(page, "erin")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your code")


def wrong_code(page: Page, world: World) -> None:
    half_logged_in(page, world)
    page.fill("[autocomplete=one-time-code]", "000000")
    page.keyboard.press("Enter")
    expect(page.locator(".error-list")).to_be_visible()


def too_many_tries(page: Page, world: World) -> None:
    """Of somebody who does not exist: nobody else is locked out."""
    for _ in range(11):
        page.goto("/login")
        page.fill("[name=username]", "mallory")
        page.fill("[name=password]", "guess")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Too many failed tries")


def until_the_reference_is_drawn(page: Page, world: World) -> None:
    expect(page.locator(".opblock").first).to_be_visible()


def send_a_bad_name(page: Page, world: World) -> None:
    page.get_by_label("Name", exact=True).fill("No Label")
    with page.expect_navigation():  # the name may be called wrong while it is typed, too
        page.locator("main form .button.primary").click()
    expect(page.locator(".error-list").first).to_be_visible()


def change_password_wrongly(page: Page, world: World) -> None:
    section = page.locator("section", has_text="At least twelve")
    for field in section.locator("input:not([type=hidden])").all():
        field.fill("password")
    section.get_by_role("button").click()
    expect(page.locator(".error-list").first).to_be_visible()


def enrol(page: Page, world: World) -> None:
    page.get_by_label("Password").first.fill(world.passwords["frank"])
    page.get_by_role("button", name="Set up an authenticator").click()
    expect(page.locator("#secret")).to_be_visible()


def renew_recovery_codes(page: Page, world: World) -> None:
    form = page.locator("form", has_text="Make ten new recovery codes")
    form.locator("[type=password]").fill(world.passwords["grace"])
    form.locator("[autocomplete=one-time-code]").fill(world.codes["grace"].pop())
    form.get_by_role("button").click()
    expect(page.locator(".codes")).to_be_visible()


def make_a_token(page: Page, world: World) -> None:
    page.get_by_label("Name", exact=True).fill("deploy from CI")
    page.get_by_label("Code").fill(world.codes["heidi"].pop())
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#token")).to_be_visible()


def ask_to_revoke(page: Page, world: World) -> None:
    page.locator("summary", has_text="Revoke").last.click()


def lower_own_role(page: Page, world: World) -> None:
    page.get_by_label("Role of alice").select_option("viewer")
    page.locator("tr", has_text="you").get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lower your own role")


def tick_two(page: Page, world: World) -> None:
    page.get_by_label("Tick logs").check()
    page.get_by_label("Tick ml-models").check()
    expect(page.locator(".bulk-bar")).to_be_visible()


def ask_to_delete_several(page: Page, world: World) -> None:
    tick_two(page, world)
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Delete")


def ask_to_copy_several(page: Page, world: World) -> None:
    tick_two(page, world)
    page.get_by_role("button", name="Take snapshots").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Take")


def type_a_taken_name(page: Page, world: World) -> None:
    """A problem, a warning and a size that is well, as they come while somebody types."""
    page.get_by_label("Name", exact=True).fill("postgres-data")
    page.get_by_label("Size", exact=True).fill("120GB")
    page.get_by_label("Mount path", exact=True).fill("/etc/postgresql")
    page.get_by_label("api", exact=True).check()
    expect(page.locator("#name-feedback")).to_contain_text("taken")
    expect(page.locator("#mountPath-feedback")).to_contain_text("/etc")
    expect(page.locator("#quota")).to_contain_text("after")


def type_a_smaller_size(page: Page, world: World) -> None:
    page.get_by_label("Size", exact=True).fill("1GB")
    expect(page.locator("#size-feedback")).to_contain_text("can only grow")


def open_the_menu(page: Page, world: World) -> None:
    page.locator("summary", has_text="More").click()


def send_the_danger(page: Page, world: World) -> None:
    page.locator(".danger-panel .button.danger").click()
    expect(page.locator(".danger-panel .error-list")).to_be_visible()


def delete_by_name(page: Page, world: World) -> None:
    page.locator(".danger-panel input[type=text]").fill("old-cache")
    page.locator(".danger-panel .button.danger").click()
    expect(page.get_by_role("button", name=re.compile("Undo"))).to_be_visible()


def save(page: Page, world: World) -> None:
    page.locator("[name=_save]").click()
    expect(page.locator(".errorlist").first).to_be_visible()


def shrink(page: Page, world: World) -> None:
    page.get_by_label("Size").fill("10")
    save(page, world)
    expect(page.locator("#content")).to_contain_text("can only grow")


def move_to_etc(page: Page, world: World) -> None:
    page.get_by_label("Mount path").fill("/etc/uploads")
    page.locator("[name=_continue]").click()
    expect(page.locator(".messagelist .warning")).to_be_visible()


def choose_an_action(page: Page, world: World) -> None:
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(value="delete")
    page.locator("button[name=index]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Delete")

"""Every page there is, by a name for its picture: where it is, who looks, what is done to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser import steps
from tests.browser.world import World

Step = Callable[[Page, World], None]
ENV, VOL = "/env/{env}", "/env/{env}/v/{volume}"
STRETCHED = "/env/{long}/v/{longest}"
ADMIN = "/admin/volumes/volume"


@dataclass(frozen=True)
class Sight:
    """One page in one state. `address` has names of the world in it."""

    address: str
    who: str = "alice"
    step: Step = steps.nothing


def _of_nobody() -> dict[str, Sight]:
    return {
        "login": Sight("/login", ""),
        "login-wrong": Sight("/login", "", steps.wrong_password),
        "code": Sight("/login", "", steps.half_logged_in),
        "code-wrong": Sight("/login", "", steps.wrong_code),
        "docs": Sight("/docs", "", steps.until_the_reference_is_drawn),
        "not-found-nobody": Sight("/nothing-here", ""),
        "throttled": Sight("/login", "", steps.too_many_tries),
        "bad-request": Sight("/broken/400", ""),
        "server-error": Sight("/broken/500", ""),
        "no-database": Sight("/broken/503", ""),
    }


def _of_the_settings() -> dict[str, Sight]:
    return {
        "security": Sight("/settings/security"),
        "security-wrong": Sight("/settings/security", step=steps.change_password_wrongly),
        "security-no-factor": Sight("/settings/security", "frank"),
        "enrol": Sight("/settings/security", "frank", steps.enrol),
        "recovery-codes": Sight("/settings/security", "grace", steps.renew_recovery_codes),
        "tokens": Sight("/settings/tokens"),
        "tokens-revoke": Sight("/settings/tokens", step=steps.ask_to_revoke),
        "tokens-no-factor": Sight("/settings/tokens", "frank"),
        "token-made": Sight("/settings/tokens", "heidi", steps.make_a_token),
        "members": Sight("/settings/members"),
        "members-viewer": Sight("/settings/members", "bob"),
        "members-none": Sight("/settings/members", "frank"),
        "members-demote": Sight("/settings/members", step=steps.lower_own_role),
        "invitations": Sight("/settings/invitations", "frank"),
        "invitations-none": Sight("/settings/invitations"),
        "logout": Sight("/logout"),
    }


def _of_environments() -> dict[str, Sight]:
    return {
        "overview": Sight("/"),
        "overview-viewer": Sight("/", "bob"),
        "overview-nothing": Sight("/", "frank"),
        "new-environment": Sight("/new-environment"),
        "new-environment-wrong": Sight("/new-environment", step=steps.send_a_bad_name),
        "environment": Sight(ENV),
        "environment-viewer": Sight(ENV, "bob"),
        "environment-ticked": Sight(ENV, step=steps.tick_two),
        "environment-500": Sight("/env/{archive}?page=2"),
        "environment-long": Sight("/env/{long}"),
        "environment-empty": Sight("/env/{empty}"),
        "environment-no-match": Sight(f"{ENV}?name=nothing-like-this"),
        "environment-deleted": Sight("/env/{long}?status=deleted"),
        "selected-delete": Sight(ENV, step=steps.ask_to_delete_several),
        "selected-snapshot": Sight(ENV, step=steps.ask_to_copy_several),
        "applications": Sight(f"{ENV}/applications"),
        "applications-empty": Sight("/env/{empty}/applications"),
        "new-application": Sight(f"{ENV}/new-application"),
        "rename-application": Sight(f"{ENV}/application/{{app}}/rename"),
        "delete-application": Sight(f"{ENV}/application/{{app}}/delete"),
        "environment-activity": Sight(f"{ENV}/activity"),
        "environment-settings": Sight(f"{ENV}/settings"),
        "environment-settings-viewer": Sight(f"{ENV}/settings", "bob"),
        "delete-environment": Sight("/env/{empty}/delete"),
        "delete-environment-refused": Sight(f"{ENV}/delete"),
        "forbidden": Sight(f"{ENV}/new", "bob"),
        "activity": Sight("/activity"),
        "activity-nothing": Sight("/activity?action=adopt"),
        "activity-none": Sight("/activity", "frank"),
        "not-found": Sight("/nothing-here"),
    }


def _of_volumes() -> dict[str, Sight]:
    return {
        "new-volume": Sight(f"{ENV}/new"),
        "new-volume-problems": Sight(f"{ENV}/new", step=steps.type_a_taken_name),
        "new-volume-restore": Sight(f"{ENV}/new?restoreFrom=snap-{{snapshot}}"),
        "volume": Sight(VOL),
        "volume-viewer": Sight(VOL, "bob"),
        "volume-menu": Sight(VOL, step=steps.open_the_menu),
        "volume-long": Sight(STRETCHED),
        "volume-deleted": Sight("/env/{long}/v/{deleted}"),
        "missing": Sight(f"{ENV}/v/{{missing}}"),
        "snapshots": Sight(f"{VOL}/snapshots"),
        "snapshots-empty": Sight(f"{ENV}/v/{{uploads}}/snapshots"),
        "take-snapshot": Sight(f"{VOL}/take-snapshot"),
        "delete-snapshot": Sight(f"{VOL}/snapshots/{{snapshot}}/delete"),
        "volume-applications": Sight(f"{VOL}/applications"),
        "volume-applications-empty": Sight(f"{ENV}/v/{{unused}}/applications"),
        "attach": Sight(f"{VOL}/attach"),
        "detach": Sight(f"{VOL}/detach/{{app}}"),
        "history": Sight(f"{VOL}/history"),
        "edit": Sight(f"{VOL}/edit"),
        "edit-long": Sight(f"{STRETCHED}/edit"),
        "grow": Sight(f"{VOL}/grow"),
        "grow-refused": Sight(f"{VOL}/grow", step=steps.type_a_smaller_size),
        "delete": Sight(f"{ENV}/v/{{unused}}/delete"),
        "delete-refused": Sight(f"{VOL}/delete"),
        "delete-wrong-name": Sight(f"{ENV}/v/{{unused}}/delete", step=steps.send_the_danger),
        "delete-undo": Sight("/env/{long}/v/{spare}/delete", step=steps.delete_by_name),
    }


def _of_the_admin() -> dict[str, Sight]:
    found = {
        "admin": Sight("/admin/"),
        "admin-app": Sight("/admin/volumes/"),
        "admin-user-password": Sight("/admin/accounts/user/{user}/password/"),
        "admin-volume-search": Sight(f"{ADMIN}/?q=postgres&protected__exact=1"),
        "admin-volume-shrink": Sight(f"{ADMIN}/{{volume}}/change/", step=steps.shrink),
        "admin-volume-nothing-typed": Sight(f"{ADMIN}/add/", step=steps.save),
        "admin-volume-warned": Sight(f"{ADMIN}/{{uploads}}/change/", step=steps.move_to_etc),
        "admin-volume-deleted": Sight(f"{ADMIN}/{{deleted}}/change/"),
        "admin-volume-long": Sight(f"{ADMIN}/{{longest}}/change/"),
        "admin-volumes-action": Sight(f"{ADMIN}/", step=steps.choose_an_action),
        "admin-logout": Sight("/admin/logout/"),
        "admin-user-reset": Sight("/admin/accounts/user/{user}/reset/"),
        "admin-membership-delete": Sight("/admin/accounts/membership/{membership}/delete/"),
        "admin-forbidden": Sight("/admin/", "bob"),
    }
    for app, model, pages in ROWS:
        for page in pages:
            found[f"admin-{model}-{page or 'list'}"] = Sight(
                f"/admin/{app}/{model}/{WAYS[page].format(row='{' + MEANT[model] + '}')}"
            )
    for app, model, name, row in VERBS:
        found[f"admin-{model}-do-{name}"] = Sight(f"/admin/{app}/{model}/do/{name}/?pk={{{row}}}")
    return found


WAYS = {"": "", "add": "add/", "change": "{row}/change/"}
ROWS = [
    ("accounts", "company", ("", "add", "change")),
    ("accounts", "membership", ("", "add", "change")),
    ("accounts", "invitation", ("", "change")),
    ("accounts", "revision", ("", "change")),
    ("accounts", "token", ("", "change")),
    ("accounts", "user", ("", "add", "change")),
    ("volumes", "application", ("", "add", "change")),
    ("volumes", "attachment", ("", "add", "change")),
    ("volumes", "environment", ("", "add", "change")),
    ("volumes", "snapshot", ("", "add", "change")),
    ("volumes", "volume", ("", "add", "change")),
]
MEANT = {model: model for _, model, _ in ROWS} | {"application": "app", "environment": "env"}
"""The name in the world of the row of each kind."""
VERBS = [
    ("accounts", "invitation", "withdraw", "invitation"),
    ("accounts", "token", "revoke", "token"),
    ("volumes", "application", "delete", "app"),
    ("volumes", "attachment", "delete", "attachment"),
    ("volumes", "environment", "delete", "env"),
    ("volumes", "snapshot", "delete", "snapshot"),
    ("volumes", "volume", "retry", "missing"),
    ("volumes", "volume", "accept_data", "missing"),
    ("volumes", "volume", "reconcile", "volume"),
    ("volumes", "volume", "protect", "unused"),
    ("volumes", "volume", "unprotect", "volume"),
    ("volumes", "volume", "snapshot", "volume"),
    ("volumes", "volume", "delete", "unused"),
    ("volumes", "volume", "cascade", "volume"),
    ("volumes", "volume", "restore", "deleted"),
]

PAGES = _of_nobody() | _of_the_settings() | _of_environments() | _of_volumes() | _of_the_admin()

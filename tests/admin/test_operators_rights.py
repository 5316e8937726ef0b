"""Each permission alone, and all together, against each kind of account: who changes what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.admin.site import site
from accounts.models import Company, Invitation, Membership, Role, Token, User
from tests.factories import (
    CompanyFactory,
    InvitationFactory,
    MembershipFactory,
    UserFactory,
    give_token,
)
from tests.support.browser import Browser
from tests.support.callers import member
from tests.support.rollback import rolled_back

MODELS = {
    "company",
    "user",
    "membership",
    "invitation",
    "token",
    "revision",
    "environment",
    "application",
    "volume",
    "attachment",
    "snapshot",
}
ALL = "all together"
KINDS = [
    *("plain", "company admin", "staff", "superuser", "superuser without staff", "oneself"),
]
PASSWORD = "kelp on the rock 77"


@dataclass(frozen=True)
class Attempt:
    """A form that is sent for an account, and by which permission on whom it changes anything."""

    url: str
    form: dict[str, str]
    succeeds: frozenset[tuple[str, str]] = frozenset()


ACCOUNT = "/admin/accounts/user/{user}/"
PLACE = "/admin/accounts/membership/{membership}/"
ATTEMPTS = {
    "rename": Attempt(f"{ACCOUNT}change/", {"username": "renamed", "is_active": "on"}),
    "take the address": Attempt(
        f"{ACCOUNT}change/", {"username": "{name}", "is_active": "on", "email": "me@example.com"}
    ),
    "deactivate": Attempt(f"{ACCOUNT}change/", {"username": "{name}"}),
    "make a superuser": Attempt(
        f"{ACCOUNT}change/",
        {"username": "{name}", "is_active": "on", "is_staff": "on", "is_superuser": "on"},
    ),
    "give permissions": Attempt(
        f"{ACCOUNT}change/", {"username": "{name}", "is_active": "on", "user_permissions": "1"}
    ),
    "set the password": Attempt(
        f"{ACCOUNT}password/",
        {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD},
    ),
    "reset the password": Attempt(
        f"{ACCOUNT}reset/", {}, frozenset({("accounts.change_user", "plain")})
    ),
    "delete": Attempt(f"{ACCOUNT}delete/", {"post": "yes"}),
    "add as editor": Attempt(
        "/admin/accounts/membership/add/",
        {"user": "{user}", "company": "{company}", "role": "editor"},
        # Only with the permission to see people: nobody looks up names by adding them.
        frozenset({(ALL, who) for who in ("plain", "company admin")}),
    ),
    "add as admin": Attempt(
        "/admin/accounts/membership/add/",
        {"user": "{user}", "company": "{company}", "role": "admin"},
    ),
    "make an editor": Attempt(
        f"{PLACE}change/", {"role": "editor"}, frozenset({("accounts.change_membership", "plain")})
    ),
    "make an admin": Attempt(f"{PLACE}change/", {"role": "admin"}),
    "remove": Attempt(
        f"{PLACE}delete/", {"post": "yes"}, frozenset({("accounts.delete_membership", "plain")})
    ),
    "withdraw the invitation": Attempt(
        "/admin/accounts/invitation/do/withdraw/",
        {"_selected_action": "{invitation}"},
        frozenset({("accounts.delete_invitation", who) for who in KINDS}),
    ),
    "revoke the token": Attempt(
        "/admin/accounts/token/do/revoke/",
        {"_selected_action": "{token}"},
        frozenset({("accounts.change_token", who) for who in ("plain", "oneself")}),
    ),
}


@pytest.fixture
def nina(db: None) -> User:
    """Staff without a permission yet."""
    elsewhere = CompanyFactory.create(name="Elsewhere")
    for _ in range(2):  # so that nobody is kept for being the last
        MembershipFactory.create(company=elsewhere, role=Role.ADMIN)
    return member("nina", elsewhere, Role.VIEWER, is_staff=True)


@pytest.fixture
def targets(nina: User) -> dict[str, User]:
    """One of each kind, all of a company that has other admins."""
    company = nina.memberships.get().company
    found = {
        "plain": member("plain", company, Role.VIEWER),
        "company admin": member("boss", company, Role.ADMIN),
        "staff": member("colleague", company, Role.VIEWER, is_staff=True),
        "superuser": member("root", company, Role.VIEWER, is_staff=True, is_superuser=True),
        "superuser without staff": member("rooted", company, Role.VIEWER, is_superuser=True),
        "oneself": nina,
    }
    for person in found.values():
        give_token(person)
    return found


@pytest.fixture
def desk(nina: User) -> Client:
    """Nina's browser."""
    client: Client = Browser(nina).client
    client.handler.enforce_csrf_checks = False
    return client


def holdings(nina: User) -> Iterator[str]:
    """Give nina each permission alone, and then all."""
    permissions = list(Permission.objects.select_related("content_type"))
    for permission in permissions:
        nina.user_permissions.set([permission])
        yield f"{permission.content_type.app_label}.{permission.codename}"
    nina.user_permissions.set(permissions)
    yield ALL


def rights() -> list[list[Any]]:
    """What lets people in, and what they may."""
    return [
        list(User.objects.order_by("pk").values_list()),
        list(User.objects.order_by("pk").values_list("pk", "groups", "user_permissions")),
        list(Membership.objects.order_by("pk").values_list()),
        list(Token.objects.order_by("pk").values_list("pk", "revoked_at")),
        list(TOTPDevice.objects.order_by("pk").values_list("pk", "user", "key")),
        list(Invitation.objects.order_by("pk").values_list()),
    ]


@contextmanager
def possible_writes() -> Iterator[list[str]]:
    """Collect the statements that are no plain reads."""
    found: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            found.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        yield found


def test_the_table_has_every_model_of_the_admin() -> None:
    """A new one: which rights lead from it to others? Say so in ATTEMPTS."""
    assert {model._meta.model_name for model in site._registry} == MODELS


@pytest.mark.parametrize("name", ATTEMPTS)
def test_staff_can_change_only_models_they_have_permission_for(
    nina: User,
    targets: dict[str, User],
    company: Company,
    desk: Client,
    name: str,
    record_property: Callable[..., None],
) -> None:
    attempt, done, asked = ATTEMPTS[name], set(), 0
    MembershipFactory.create(company=company, role=Role.ADMIN)
    rows = {
        kind: {
            "user": str(person.pk),
            "name": person.username,
            "membership": str(person.memberships.get().pk),
            "token": str(person.tokens.get().pk),
            "invitation": str(InvitationFactory.create(company=company, user=person).pk),
            "company": str(company.pk),
        }
        for kind, person in targets.items()
    }
    for held in holdings(nina):
        before = rights()
        for kind, row in rows.items():
            form = {field: value.format(**row) for field, value in attempt.form.items()}
            with rolled_back():
                with possible_writes() as writes:
                    desk.post(attempt.url.format(**row), form)
                # Most attempts are refused without a write: to compare all rights takes longest.
                done |= {(held, kind)} if writes and rights() != before else set()
            asked += 1
    record_property("asked", asked)
    assert done == attempt.succeeds | {(ALL, kind) for _, kind in attempt.succeeds}


@pytest.mark.parametrize("name", ["set the password", "rename", "reset the password", "remove"])
@pytest.mark.parametrize("kind", ["plain", "company admin", "staff"])
def test_superusers_can_change_all_models(
    nina: User, targets: dict[str, User], desk: Client, name: str, kind: str
) -> None:
    User.objects.filter(pk=nina.pk).update(is_superuser=True)
    person, before = targets[kind], rights()
    row = {"user": person.pk, "membership": person.memberships.get().pk}
    desk.post(ATTEMPTS[name].url.format(**row), ATTEMPTS[name].form)
    assert rights() != before


@pytest.mark.parametrize("model", sorted(MODELS))
def test_permissions_for_one_model_give_no_access_to_another(
    nina: User, desk: Client, model: str
) -> None:
    nina.user_permissions.set(Permission.objects.filter(content_type__model=model))
    results = {
        (kind._meta.model_name, page): desk.get(
            f"/admin/{kind._meta.app_label}/{kind._meta.model_name}/{page}"
        ).status_code
        for kind in site._registry
        for page in ("", "add/", "1/change/", "1/history/", "1/delete/")
        if kind._meta.model_name != model
    }
    opened = {page: status for page, status in results.items() if status == 200}
    assert not opened


def test_every_operator_can_add_the_first_admin(
    nina: User, targets: dict[str, User], company: Company, desk: Client
) -> None:
    codenames = ["add_membership", "view_user"]
    nina.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    spec = {"user": targets["plain"].pk, "company": company.pk, "role": "admin"}
    desk.post("/admin/accounts/membership/add/", spec)
    assert company.memberships.get().role == Role.ADMIN


def test_accounts_created_by_staff_have_no_rights_and_a_generated_password(
    nina: User, desk: Client
) -> None:
    nina.user_permissions.set(Permission.objects.filter(codename="add_user"))
    flags = {"is_staff": "on", "is_superuser": "on", "password": PASSWORD, "groups": "1"}
    spec = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD, **flags}
    page = desk.post("/admin/accounts/user/add/", spec)
    made = User.objects.get(username="newcomer")
    assert (made.is_staff, made.is_superuser, made.must_change_password) == (False, False, True)
    assert not made.check_password(PASSWORD)
    assert made.check_password(page.context["password"])


def test_staff_with_permission_to_reset_passwords_sees_no_hash(
    nina: User, targets: dict[str, User], desk: Client
) -> None:
    nina.user_permissions.set(Permission.objects.filter(codename="change_user"))
    page = desk.get(f"/admin/accounts/user/{targets['plain'].pk}/change/")
    assert "argon2" not in page.text
    assert "Reset the password" in page.text


LOOKUPS = {
    "list": ("/admin/accounts/user/?q=hidde", {"accounts.view_user", "accounts.change_user"}),
    "autocompletion": (
        "/admin/autocomplete/?app_label=accounts&model_name=membership&field_name=user&term=hidde",
        {"accounts.view_user", "accounts.change_user"},
    ),
    "page of the person": (
        "/admin/accounts/user/{user}/change/",
        {"accounts.view_user", "accounts.change_user"},
    ),
    "form for a member": ("/admin/accounts/membership/add/?user={user}", set()),
    "filter of members": ("/admin/accounts/membership/?user={user}", set()),
    "filter of tokens": ("/admin/accounts/token/?owner={user}", set()),
}
"""What names a person of no company, by which single permissions."""


@pytest.mark.parametrize("name", LOOKUPS)
def test_names_are_shown_only_with_permission_to_view_users(
    nina: User, desk: Client, name: str, record_property: Callable[..., None]
) -> None:
    hidden = UserFactory.create(username="hidden-person")
    url, allowed = LOOKUPS[name]
    results = {
        held: "hidden-person" in desk.get(url.format(user=hidden.pk)).text
        for held in holdings(nina)
    }
    record_property("asked", len(results))
    assert {held for held, is_allowed in results.items() if is_allowed} == allowed | {ALL}


def test_a_submitted_member_form_reveals_no_name(nina: User, desk: Client) -> None:
    hidden = UserFactory.create(username="hidden-person")
    nina.user_permissions.set(Permission.objects.filter(codename="add_membership"))
    page = desk.post("/admin/accounts/membership/add/", {"user": hidden.pk})
    assert page.status_code == 403
    assert "hidden-person" not in page.text


def add_accounts(desk: Client, number: int) -> list[int]:
    """Every other name is taken."""
    return [
        desk.post(
            "/admin/accounts/user/add/", {"username": "nina" if n % 2 else f"newcomer-{n}"}
        ).status_code
        for n in range(number)
    ]


def test_probing_for_usernames_is_limited_without_permission_to_view_users(
    nina: User, desk: Client
) -> None:
    nina.user_permissions.set(Permission.objects.filter(codename="add_user"))
    assert add_accounts(desk, 11) == [200] * 10 + [429]
    assert User.objects.filter(username__startswith="newcomer").count() == 5


def test_adding_accounts_is_unlimited_with_permission_to_view_users(
    nina: User, desk: Client
) -> None:
    codenames = ["add_user", "view_user"]
    nina.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    assert add_accounts(desk, 11) == [200] * 11


def test_the_recipient_of_an_invitation_cannot_be_searched(nina: User, desk: Client) -> None:
    nina.user_permissions.set(Permission.objects.filter(codename="view_invitation"))
    assert desk.get("/admin/accounts/invitation/?user__username__startswith=a").status_code == 400


def test_a_tokens_digest_cannot_be_searched(nina: User, targets: Any, desk: Client) -> None:
    nina.user_permissions.set(Permission.objects.filter(codename="view_token"))
    url = "/admin/accounts/token/?digest__startswith=a"
    assert desk.get(url).status_code == 400


def test_usernames_are_unique_ignoring_case(nina: User, desk: Client) -> None:
    UserFactory.create(username="sam")
    nina.user_permissions.set(Permission.objects.filter(codename="add_user"))
    desk.post("/admin/accounts/user/add/", {"username": "SAM"})
    assert not User.objects.filter(username="SAM").exists()

"""Deactivation ends all access of an account for good. Reactivation does not restore it."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.callers import Actor
from accounts.models import Company, Invitation, Revision, Role, Token, User
from tests.factories import UserFactory, give_second_factor, give_token
from tests.support.api import Api
from tests.support.people import give_password, is_in, log_in


@pytest.fixture
def desk(db: None) -> Client:
    """The browser of a superuser."""
    olga = UserFactory.create(username="olga", is_staff=True, is_superuser=True)
    give_second_factor(olga)
    return log_in(Client(), olga)


def set_active(desk: Client, person: User, *, is_active: bool) -> None:
    spec = {"username": person.username, **({"is_active": "on"} if is_active else {})}
    assert desk.post(f"/admin/accounts/user/{person.pk}/change/", spec).status_code == 302


def test_deactivation_revokes_tokens_for_good(desk: Client, alice: User) -> None:
    caller = Api(give_token(alice))
    set_active(desk, alice, is_active=False)
    assert caller.get("/environments").status_code == 401
    set_active(desk, alice, is_active=True)
    assert caller.get("/environments").status_code == 401
    assert Revision.objects.filter(subject="token", action="revoke", via="admin").count() == 1


def test_deactivation_ends_sessions_for_good(desk: Client, alice: User) -> None:
    browser = log_in(Client(), alice)
    set_active(desk, alice, is_active=False)
    assert not is_in(browser)
    set_active(desk, alice, is_active=True)
    assert not is_in(browser)


def test_deactivation_ends_a_pending_login(desk: Client, alice: User) -> None:
    browser = Client()
    give_password(browser, alice)
    set_active(desk, alice, is_active=False)
    set_active(desk, alice, is_active=True)
    page = browser.post("/login", {"code": "000000"})
    assert "Type the password again" in page.text


def test_reactivation_ends_access_left_by_a_deactivation_in_the_database(
    desk: Client, alice: User
) -> None:
    caller, browser = Api(give_token(alice)), log_in(Client(), alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    set_active(desk, alice, is_active=True)
    assert caller.get("/environments").status_code == 401
    assert not is_in(browser)


def test_reactivated_user_can_log_in_and_is_a_member(desk: Client, alice: User) -> None:
    set_active(desk, alice, is_active=False)
    set_active(desk, alice, is_active=True)
    assert is_in(log_in(Client(), alice))
    assert alice.memberships.get().role == Role.ADMIN


def test_deactivation_withdraws_the_persons_invitations(
    desk: Client, alice: User, charlie: User, company: Company
) -> None:
    actor = Actor(by=alice.ref, via="session", ip=None)
    services.invite(company=company, name="charlie", role=Role.EDITOR, inviter=alice, actor=actor)
    set_active(desk, alice, is_active=False)
    set_active(desk, alice, is_active=True)
    assert not Invitation.objects.to(charlie).exists()
    assert Revision.objects.filter(subject="invitation", action="withdraw").exists()


def test_deactivation_silently_ends_invitations_to_the_person(
    desk: Client, alice: User, charlie: User, company: Company
) -> None:
    actor = Actor(by=alice.ref, via="session", ip=None)
    invitation = services.invite(
        company=company, name="charlie", role=Role.EDITOR, inviter=alice, actor=actor
    )
    set_active(desk, charlie, is_active=False)
    set_active(desk, charlie, is_active=True)
    assert not Invitation.objects.to(charlie).exists()
    assert company.invitations.pending().get() == invitation
    actions = company.revisions.filter(subject="invitation").values_list("action", flat=True)
    assert list(actions) == ["invite"]


def test_other_changes_of_the_account_end_no_access(desk: Client, alice: User) -> None:
    caller, browser = Api(give_token(alice)), log_in(Client(), alice)
    spec = {"username": "alice", "is_active": "on", "first_name": "Alice"}
    desk.post(f"/admin/accounts/user/{alice.pk}/change/", spec)
    assert caller.get("/environments").status_code == 200
    assert is_in(browser)


def test_user_form_writes_only_changed_fields(desk: Client, alice: User) -> None:
    """A concurrent change of the password must not be overwritten."""
    spec = {"username": "alice", "is_active": "on", "first_name": "Alice"}
    with CaptureQueriesContext(connection) as queries:
        desk.post(f"/admin/accounts/user/{alice.pk}/change/", spec)
    statements = [str(query["sql"]) for query in queries]
    [update] = [sql for sql in statements if sql.startswith('UPDATE "accounts_user"')]
    assert "first_name" in update
    assert "password" not in update


def test_deleted_user_loses_all_access(client: Client, alice: User) -> None:
    caller = Api(give_token(alice))
    log_in(client, alice)
    User.objects.filter(pk=alice.pk).delete()
    assert caller.get("/environments").status_code == 401
    assert not is_in(client)
    assert not Token.objects.exists()


def test_migration_ends_access_of_deactivated_users(alice: User, erin: User) -> None:
    gone, stays = Api(give_token(alice)), Api(give_token(erin))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    import_module("accounts.migrations.0011_access_of_deactivated").end_access(apps, None)
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert gone.get("/environments").status_code == 401
    assert stays.get("/environments").status_code == 200

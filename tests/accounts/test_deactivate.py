"""Deactivating an account ends what it could do for good. Reactivating brings none of it back."""

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


def test_tokens_are_revoked_for_good(desk: Client, alice: User) -> None:
    caller = Api(give_token(alice))
    set_active(desk, alice, is_active=False)
    assert caller.get("/environments").status_code == 401
    set_active(desk, alice, is_active=True)
    assert caller.get("/environments").status_code == 401
    assert Revision.objects.filter(subject="token", action="revoke", via="admin").count() == 1


def test_sessions_end_for_good(desk: Client, alice: User) -> None:
    browser = log_in(Client(), alice)
    set_active(desk, alice, is_active=False)
    assert not is_in(browser)
    set_active(desk, alice, is_active=True)
    assert not is_in(browser)


def test_a_log_in_that_waits_for_its_code_ends_too(desk: Client, alice: User) -> None:
    browser = Client()
    give_password(browser, alice)
    set_active(desk, alice, is_active=False)
    set_active(desk, alice, is_active=True)
    page = browser.post("/login", {"code": "000000"})
    assert "Type the password again" in page.text


def test_reactivating_ends_what_a_deactivation_in_the_database_left(
    desk: Client, alice: User
) -> None:
    caller, browser = Api(give_token(alice)), log_in(Client(), alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    set_active(desk, alice, is_active=True)
    assert caller.get("/environments").status_code == 401
    assert not is_in(browser)


def test_a_reactivated_person_logs_in_and_is_a_member(desk: Client, alice: User) -> None:
    set_active(desk, alice, is_active=False)
    set_active(desk, alice, is_active=True)
    assert is_in(log_in(Client(), alice))
    assert alice.memberships.get().role == Role.ADMIN


def test_pending_offers_of_the_person_end(
    desk: Client, alice: User, charlie: User, company: Company
) -> None:
    actor = Actor(by=alice.ref, via="session", ip=None)
    services.invite(company=company, name="charlie", role=Role.EDITOR, inviter=alice, actor=actor)
    set_active(desk, alice, is_active=False)
    set_active(desk, alice, is_active=True)
    assert not Invitation.objects.to(charlie).exists()
    assert Revision.objects.filter(subject="invitation", action="withdraw").exists()


def test_pending_offers_to_the_person_end_and_their_companies_are_not_told(
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


def test_another_change_of_the_account_ends_nothing(desk: Client, alice: User) -> None:
    caller, browser = Api(give_token(alice)), log_in(Client(), alice)
    spec = {"username": "alice", "is_active": "on", "first_name": "Alice"}
    desk.post(f"/admin/accounts/user/{alice.pk}/change/", spec)
    assert caller.get("/environments").status_code == 200
    assert is_in(browser)


def test_the_form_writes_only_what_was_changed_in_it(desk: Client, alice: User) -> None:
    """A password that is changed meanwhile must not come back."""
    spec = {"username": "alice", "is_active": "on", "first_name": "Alice"}
    with CaptureQueriesContext(connection) as queries:
        desk.post(f"/admin/accounts/user/{alice.pk}/change/", spec)
    statements = [str(query["sql"]) for query in queries]
    [update] = [sql for sql in statements if sql.startswith('UPDATE "accounts_user"')]
    assert "first_name" in update
    assert "password" not in update


def test_a_deleted_person_has_nothing_left(client: Client, alice: User) -> None:
    caller = Api(give_token(alice))
    log_in(client, alice)
    User.objects.filter(pk=alice.pk).delete()
    assert caller.get("/environments").status_code == 401
    assert not is_in(client)
    assert not Token.objects.exists()


def test_an_upgrade_ends_what_deactivated_people_kept(alice: User, erin: User) -> None:
    gone, stays = Api(give_token(alice)), Api(give_token(erin))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    import_module("accounts.migrations.0011_access_of_deactivated").end_access(apps, None)
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert gone.get("/environments").status_code == 401
    assert stays.get("/environments").status_code == 200

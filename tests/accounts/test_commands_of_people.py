"""`deactivate`, `grant_superuser` and `reset_second_factor`."""

from io import StringIO
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import services
from accounts.callers import Actor
from accounts.models import Company, Invitation, RecoveryCode, Revision, Role, User
from tests.factories import UserFactory, give_second_factor, give_token
from tests.support.api import Api
from tests.support.people import is_in, log_in


class Printed(NamedTuple):
    out: str
    err: str


def run(command: str, username: str) -> Printed:
    out, err = StringIO(), StringIO()
    call_command(command, username, stdout=out, stderr=err)
    return Printed(out.getvalue(), err.getvalue())


@pytest.mark.parametrize("command", ["deactivate", "grant_superuser", "reset_second_factor"])
def test_an_unknown_username_exits_with_1(db: None, command: str) -> None:
    with pytest.raises(CommandError, match="There is no account nobody") as failure:
        run(command, "nobody")
    assert failure.value.returncode == 1


def test_deactivate_ends_sessions_tokens_and_invitations(
    client: Client, alice: User, charlie: User, company: Company
) -> None:
    caller = Api(give_token(alice))
    log_in(client, alice)
    actor = Actor(by=alice.ref, via="session", ip=None)
    services.invite(company=company, name="charlie", role=Role.EDITOR, inviter=alice, actor=actor)
    run("deactivate", "alice")
    assert not is_in(client)
    assert caller.get("/environments").status_code == 401
    assert not Invitation.objects.exists()
    User.objects.update(is_active=True)
    assert not is_in(client)
    assert caller.get("/environments").status_code == 401


def test_deactivate_is_recorded_once_for_operators_and_for_the_company(
    bob: User, company: Company
) -> None:
    run("deactivate", "bob")
    assert "already" in run("deactivate", "bob").out
    entries = Revision.objects.filter(subject="account", subject_id=bob.ref)
    assert {(entry.by, entry.via, entry.ip) for entry in entries} == {("system", "command", None)}
    assert [entry.changes for entry in entries] == [{"isActive": [True, False]}] * 2
    assert {entry.company_id for entry in entries} == {None, company.pk}


def test_deactivate_names_what_is_left_without_admin_or_superuser(
    alice: User, company: Company
) -> None:
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    err = run("deactivate", "alice").err
    assert "No active superuser is left" in err
    assert "The company Acme has no active admin" in err


def test_deactivate_warns_of_nothing_while_others_are_left(alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    assert run("deactivate", "bob").err == ""


def test_grant_superuser_opens_the_admin(client: Client, bob: User) -> None:
    printed = run("grant_superuser", "bob")
    assert (printed.out, printed.err) == ("bob is a superuser.\n", "")
    assert log_in(client, bob).get("/admin/").status_code == 200
    assert run("grant_superuser", "bob").out == "bob is a superuser already.\n"
    entry = Revision.objects.get(subject="account", subject_id=bob.ref)
    assert entry.changes == {"isStaff": [False, True], "isSuperuser": [False, True]}
    assert (entry.by, entry.via, entry.company_id) == ("system", "command", None)


def test_grant_superuser_says_that_a_second_factor_is_missing(dora: User) -> None:
    assert "needs a second factor" in run("grant_superuser", "dora").err


def test_grant_superuser_refuses_a_deactivated_account(bob: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="deactivated"):
        run("grant_superuser", "bob")
    assert not User.objects.filter(is_superuser=True).exists()


def test_reset_second_factor_ends_sessions_and_keeps_tokens_for_a_new_factor(
    client: Client, alice: User
) -> None:
    caller = Api(give_token(alice))
    log_in(client, alice)
    run("reset_second_factor", "alice")
    assert not is_in(client)
    assert alice.confirmed_device() is None
    assert not RecoveryCode.objects.exists()
    refused = caller.get("/environments")
    assert (refused.status_code, refused.json()["code"]) == (403, "2fa_required")
    give_second_factor(alice)
    assert caller.get("/environments").status_code == 200


def test_reset_second_factor_again_records_nothing_more(alice: User) -> None:
    run("reset_second_factor", "alice")
    assert "was off already" in run("reset_second_factor", "alice").out
    entry = Revision.objects.get(subject="second_factor", subject_id=alice.ref)
    assert (entry.by, entry.changes) == ("system", {"enabled": [True, False]})


def test_commands_name_accounts_exactly(db: None) -> None:
    UserFactory.create(username="Alice")
    with pytest.raises(CommandError, match="no account"):
        run("deactivate", "alice")

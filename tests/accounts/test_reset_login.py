"""`manage.py reset_login`, for a person who lost both password and second factor."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Revision, Token, User
from tests.factories import PASSWORD, give_token
from tests.support.people import give_password, is_in, log_in


def reset(username: str) -> str:
    out = StringIO()
    call_command("reset_login", username, stdout=out)
    password: str = re.findall(r"shown only now: (\S+)", out.getvalue())[0]
    return password


def test_the_printed_password_logs_in_without_a_code(client: Client, alice: User) -> None:
    give_password(client, alice, reset("alice"))
    assert is_in(client)


def test_reset_login_ends_sessions_tokens_and_second_factor(client: Client, alice: User) -> None:
    secret = give_token(alice)
    log_in(client, alice)
    reset("alice")
    assert not is_in(client)
    assert not User.objects.get(pk=alice.pk).check_password(PASSWORD)
    assert alice.confirmed_device() is None
    assert not Token.objects.usable().exists()
    answer = Client().get("/environments", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


def test_reset_login_is_in_the_activity(alice: User) -> None:
    password = reset("alice")
    entries = Revision.objects.filter(subject_id=alice.ref)
    assert {(entry.by, entry.via, entry.ip) for entry in entries} == {("system", "command", None)}
    assert {entry.subject for entry in entries} == {"password", "second_factor"}
    assert password not in str([entry.changes for entry in entries])


def test_reset_login_fails_for_an_unknown_username(db: None) -> None:
    with pytest.raises(CommandError, match="no account"):
        reset("nobody")

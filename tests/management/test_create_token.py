"""create_token."""

import pytest

from accounts.models import Revision, Token
from config.timestamps import rfc3339
from tests.support.api import Api


@pytest.fixture
def create(run):
    return lambda *arguments: run("create_token", "--username", "alice", "--name", "ci", *arguments)


def test_the_token_is_printed_once_and_opens_the_api(create, alice, volumes, memory):
    outcome = create()
    speaking = Api(outcome.out.strip())
    assert outcome.code == 0
    assert speaking.get(volumes).status_code == 200
    assert speaking.post(volumes, {"name": "uploads", "size": 1}).status_code == 201


def test_the_token_is_printed_as_json(create, alice, environment):
    arguments = ["--scope", "read", "--environment", str(environment.pk), "--expires-in", "1"]
    printed = create("--json", *arguments).json
    token = Token.objects.get()
    assert printed.pop("token").startswith("hfst_")
    assert printed == {
        "name": "ci",
        "scope": "read",
        "environmentId": str(environment.pk),
        "expiresAt": rfc3339(token.expires_at),
    }
    assert (token.scope, token.environment_id) == ("read", environment.pk)


def test_a_token_writes_everywhere_without_expiry_by_default(create, alice):
    printed = create("--json").json
    assert (printed["scope"], printed["environmentId"], printed["expiresAt"]) == (
        "write",
        None,
        None,
    )


def test_creating_a_token_is_in_the_activity(create, alice):
    create()
    entry = Revision.objects.get(subject="token")
    assert (entry.action, entry.by, entry.subject_name) == ("create", "system", "ci")


def test_creating_a_token_needs_a_second_factor(create, alice):
    alice.totpdevice_set.all().delete()
    outcome = create()
    assert (outcome.code, Token.objects.count()) == (1, 0)
    assert "second factor" in outcome.err


def test_creating_a_token_needs_an_active_account(create, alice):
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert create().code == 1
    assert not Token.objects.exists()


def test_an_environment_without_access_is_refused(create, alice, charlies_environment):
    assert create("--environment", str(charlies_environment.pk)).code == 1
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "arguments", [["--scope", "all"], ["--expires-in", "0"], ["--environment", "x"], ["--x"]]
)
def test_wrong_usage_exits_with_2(create, alice, arguments):
    assert create(*arguments).code == 2

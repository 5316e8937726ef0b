"""bootstrap."""

import pytest
from django.utils import timezone

from accounts.models import Company, Membership, Token, User
from tests.support.api import Api
from volumes.models import Environment

pytestmark = pytest.mark.usefixtures("storage_root")
NAMES = ["--company", "Acme", "--environment", "production", "--username", "root"]


@pytest.fixture
def bootstrap(run):
    return lambda *arguments: run("bootstrap", *NAMES, "--json", *arguments)


def test_bootstrap_creates_everything_with_working_secrets(bootstrap):
    made = bootstrap("--quota", "500", "--company-quota", "900", "--email", "r@example.com").json
    assert list(made) == [
        "companyId",
        "environmentId",
        "userId",
        "username",
        "password",
        "totpSecret",
        "recoveryCodes",
        "token",
    ]
    person = User.objects.get()
    assert person.check_password(made["password"])
    assert (person.email, person.is_staff, person.is_superuser) == ("r@example.com", False, False)
    assert (made["userId"], len(made["recoveryCodes"])) == (person.ref, 10)
    spec = {"name": "uploads", "size": 1}
    assert Api(made["token"]).post(f"/{made['environmentId']}/volume", spec).status_code == 201
    assert (Company.objects.get().storage_quota, Environment.objects.get().storage_quota) == (
        900,
        500,
    )
    assert Membership.objects.get().role == "admin"


def test_a_second_call_creates_nothing_and_prints_no_secret(bootstrap):
    first = bootstrap("--quota", "500").json
    again = bootstrap("--quota", "7", "--company-quota", "7", "--role", "viewer").json
    secrets = ("password", "totpSecret", "recoveryCodes", "token")
    assert [again[name] for name in secrets] == [None] * 4
    assert {**first, **dict.fromkeys(secrets)} == again
    assert (Company.objects.get().storage_quota, Environment.objects.get().storage_quota) == (
        None,
        500,
    )
    assert (Membership.objects.get().role, Token.objects.count()) == ("admin", 1)


def test_only_missing_objects_are_created(bootstrap, run):
    first = bootstrap().json
    names = ["--company", "Acme", "--environment", "staging", "--username", "root"]
    again = run("bootstrap", *names, "--json").json
    assert again["companyId"] == first["companyId"]
    assert again["environmentId"] != first["environmentId"]
    assert (again["password"], again["token"]) == (None, None)


def test_only_a_revoked_token_is_created_again(bootstrap):
    first = bootstrap().json
    Token.objects.update(revoked_at=timezone.now())
    again = bootstrap().json
    assert again["token"] not in {None, first["token"]}
    assert (again["password"], again["totpSecret"]) == (None, None)


def test_role_and_superuser_are_options(bootstrap):
    bootstrap("--role", "viewer", "--superuser")
    assert Membership.objects.get().role == "viewer"
    assert User.objects.get().is_superuser


def test_invalid_names_create_nothing(run):
    names = ["--company", "Acme", "--environment", "Bad Name", "--username", "root"]
    assert run("bootstrap", *names).code == 2
    assert (Company.objects.count(), User.objects.count()) == (0, 0)


@pytest.mark.parametrize("arguments", [["--role", "owner"], ["--quota", "-1"], ["--quota", "1_0"]])
def test_wrong_usage_exits_with_2(bootstrap, arguments):
    assert bootstrap(*arguments).code == 2


def test_existing_objects_are_named_on_standard_error(bootstrap):
    assert bootstrap("--quota", "500").err == ""
    again = bootstrap("--quota", "7", "--role", "viewer", "--superuser", "--email", "r@example.com")
    assert again.err.splitlines() == [
        "The company Acme exists already.",
        "The environment production exists already; its quota stays 500 MB, not 7 MB.",
        "The account root exists already; its email address stays as it is.",
        "root is not a superuser and stays so. To change that: grant_superuser root",
        "root is admin of Acme already and stays so; the role is not changed to viewer.",
        "The second factor of root is on already.",
        "root has a token bootstrap already.",
    ]
    assert not User.objects.get().is_superuser
    assert "unchanged" not in again.json

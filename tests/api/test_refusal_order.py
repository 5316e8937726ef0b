"""Which refusal comes first where several are due."""

import pytest

from accounts.models import Scope
from tests.support.browser import Browser

NOWHERE = "00000000-0000-0000-0000-000000000000"
HUGE = b'"' + b"x" * 70_000 + b'"'
NONSENSE = b'{"size": '


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nonsense/volume"),
        ("POST", f"/{NOWHERE}/volume?x=1"),
        ("PATCH", f"/{NOWHERE}/volume"),
        ("GET", "/api/v1/nonsense"),
        ("DELETE", "/environments"),
    ],
)
@pytest.mark.parametrize("body", [None, HUGE, NONSENSE])
def test_401_comes_before_everything(api, db, method, path, body):
    response = api().send(method, path, body, Content_Type="text/plain")
    assert response.status_code == 401


def test_a_missing_second_factor_comes_before_everything_else(alices, alice):
    alice.totpdevice_set.all().delete()
    assert alices.post("/nonsense/volume?x=1", HUGE).json()["code"] == "2fa_required"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        NONSENSE,
    ],
)
def test_a_missing_csrf_token_comes_before_everything_else(alice, body):
    refused = Browser(alice, csrf=False).post("/nonsense/volume?x=1", body)
    assert refused.status_code == 403


def test_a_session_without_the_code_is_a_401_before_it_is_a_csrf_failure(alice, volumes):
    assert Browser(alice, with_code=False, csrf=False).post(volumes, {}).status_code == 401


def test_an_unreadable_environment_comes_before_body_query_and_role(bobs):
    response = bobs.post("/nonsense/volume?x=1", HUGE, Idempotency_Key="é")
    assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")
    assert response.json()["errors"][0]["field"] == "envId"


def test_a_missing_environment_comes_before_body_query_and_role(bobs):
    response = bobs.post(f"/{NOWHERE}/volume?x=1", HUGE, Idempotency_Key="é")
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("path", "header", "body"),
    [
        ("/{env}/volume?x=1", "k", b"{}"),
        ("/{env}/volume", "é", b"{}"),
        ("/{env}/volume", "k", HUGE),
        ("/{env}/volume", "k", NONSENSE),
        ("/{env}/volume/nonsense/attachment", "k", b"{}"),
        (f"/{{env}}/volume/{NOWHERE}/snapshot", "k", b"{}"),
    ],
)
def test_the_role_is_checked_before_body_and_object(
    bobs, api, alice, environment, path, header, body
):
    asked = path.format(env=environment.pk)
    assert bobs.post(asked, body, Idempotency_Key=header).status_code == 403
    reading = api(alice, scope=Scope.READ)
    assert reading.post(asked, body, Idempotency_Key=header).status_code == 403


def test_only_admins_get_the_errors_of_a_new_environment(erins):
    assert erins.post("/environments?x=1", NONSENSE).status_code == 403


def test_the_query_comes_before_the_rules(alices, volumes):
    response = alices.post(f"{volumes}?x=1", {"name": "Bad"})
    assert response.json()["errors"][0]["field"] == "x"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (HUGE, "application/json", 413),
        (b"name=x", "text/plain", 415),
        (NONSENSE, "application/json", 400),
    ],
)
def test_an_unreadable_body_comes_before_a_stale_version(alices, here, body, content_type, status):
    response = alices.put(here, body, Content_Type=content_type, If_Match='"9"')
    assert response.status_code == status


def test_a_missing_object_comes_before_a_stale_if_match(alices, volumes):
    assert alices.put(f"{volumes}/{NOWHERE}", {}, If_Match='"9"').status_code == 404
    assert alices.delete(f"{volumes}/{NOWHERE}", If_Match='"9"').status_code == 404


def test_a_stale_if_match_comes_before_the_delete_blockers(alices, here, attached):
    assert alices.delete(here, If_Match='"9"').status_code == 412
    assert alices.delete(here, If_Match='"2"').status_code == 409


def test_errors_have_the_documented_form(alices, volumes):
    response = alices.post(volumes, {"name": "Bad"}, X_Request_ID="here.it-is_7")
    refusal = response.json()
    assert list(refusal) == ["code", "message", "details", "errors", "requestId"]
    assert (refusal["code"], refusal["message"]) == ("VALIDATION_FAILED", "Invalid request body")
    assert refusal["details"].startswith("name: must be a DNS label")
    assert "size: is required" in refusal["details"]
    assert list(refusal["errors"][0]) == ["field", "code", "message"]
    assert refusal["requestId"] == response["X-Request-ID"] == "here.it-is_7"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "a/b", "a\tb"])
def test_an_invalid_request_id_is_replaced(alices, volumes, given):
    response = alices.get(volumes, X_Request_ID=given)
    assert response["X-Request-ID"] not in {given, ""}


def test_every_response_has_a_request_id(alices, api, volumes):
    answers = [alices.get(volumes), api().get(volumes), api().get("/nonsense"), api().get("/login")]
    assert all(answer["X-Request-ID"] for answer in answers)

"""The short chain of requests by token answers what the whole chain answers, byte for byte."""

from __future__ import annotations

import base64
import json

import pytest
from django.http import HttpResponse
from django.test.client import ClientHandler, RequestFactory
from django.utils import timezone

from config.http.handlers import FallThrough, Handler, is_by_token
from config.server.body import IncompleteBody
from tests.support.handler import BearerClientHandler
from tests.support.rollback import rolled_back
from volumes.api.fast_path import fast_path

WRONG = {"colour": "red"}
NOWHERE = "01900000-0000-7000-8000-000000000000"
BASIC = f"Basic {base64.b64encode(b'alice:secret').decode()}"


@pytest.fixture
def both_chains(alice, api):
    """`both_chains(method, path, …)`: what each chain answers. Nothing stays changed."""

    def ask(method, path, body=None, **headers):
        caller = api(alice, last_used_at=timezone.now())
        answers = []
        for handler in (BearerClientHandler, ClientHandler):
            caller.client.handler = handler(enforce_csrf_checks=True)
            with rolled_back():
                answer = caller.send(method, path, body, X_Request_ID="same", **headers)
            answers.append((answer.status_code, dict(answer.items()), answer.content))
        return answers

    return ask


PATHS = [
    "{volumes}",
    "{volumes}/validate",
    "{here}",
    "{here}/history",
    "{here}/restore",
    "{here}/usage",
    "{here}/attachment",
    "{here}/attachment/app-" + NOWHERE,
    "{here}/snapshot",
    "{here}/snapshot/snap-" + NOWHERE,
    "{environment}/app",
    "{environment}/app/app-" + NOWHERE,
    "/environments",
    "/environments{environment}",
    "/environments{environment}/resource-usage",
    "/environments{environment}/volume",
    "/api/v1{environment}/volume",
    "/api/v1/nowhere",
    f"/{NOWHERE}/volume",
    "{volumes}?limit=x",
    "{volumes}?name=%00",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("GET", None),
        ("HEAD", None),
        ("POST", WRONG),
        ("PUT", WRONG),
        ("DELETE", None),
        ("PATCH", {}),
    ],
)
def test_responses_are_the_same_through_both_chains(
    both_chains, volumes, here, environment, method, path, body
):
    path = path.format(volumes=volumes, here=here, environment=f"/{environment.pk}")
    short, whole = both_chains(method, path, body)
    assert short == whole


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer nonsense", "bearer a b", BASIC, "x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refusals_of_credentials_are_the_same_through_both_chains(
    both_chains, volumes, method, authorization
):
    short, whole = both_chains(method, volumes, {}, Authorization=authorization)
    assert short[0] == 401
    assert short == whole


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/environments", {"HTTP_AUTHORIZATION": "Bearer x"}, True),
        ("/environments", {"HTTP_AUTHORIZATION": "Bearer x", "HTTP_COOKIE": ""}, True),
        ("/environments", {"HTTP_AUTHORIZATION": "Bearer x", "HTTP_COOKIE": "a=b"}, False),
        ("/environments", {}, False),
        ("/activity", {"HTTP_AUTHORIZATION": "Bearer x"}, False),
    ],
)
def test_the_short_chain_is_for_api_paths_with_authorization_and_without_cookie(
    path, headers, expected
):
    assert is_by_token({"PATH_INFO": path, **headers}) is expected


def answer(handle, path="/environments", **more):
    """Return what the WSGI application answers to a request by token."""
    begun = []
    environ = {**RequestFactory().get(path, HTTP_AUTHORIZATION="Bearer x").environ, **more}
    body = Handler(handle)(environ, lambda *begin: begun.append(begin))
    try:
        ((status, headers),) = begun
        return status, dict(headers), b"".join(body)
    finally:
        getattr(body, "close", int)()


@pytest.mark.django_db
def test_the_fast_path_answers_inside_the_chain():
    status, headers, body = answer(lambda request: HttpResponse("fast"))
    assert (status, body, headers["Content-Length"]) == ("200 OK", b"fast", "4")
    assert headers.keys() >= {"X-Request-ID", "X-Frame-Options", "Content-Security-Policy"}


@pytest.mark.django_db
def test_a_request_that_falls_through_is_answered_by_its_view():
    def fall_through(request):
        raise FallThrough

    status, headers, body = answer(fall_through)
    assert (status, headers["X-Frame-Options"]) == ("401 Unauthorized", "DENY")
    assert json.loads(body)["code"] == "UNAUTHORIZED"


@pytest.mark.django_db(transaction=True)
def test_a_body_that_does_not_arrive_is_a_400_after_the_fast_path(api, alice, volumes):
    token = api(alice).headers["Authorization"]
    status, _, body = answer(
        fast_path,
        volumes,
        **{
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": "17",
            "HTTP_AUTHORIZATION": token,
            "wsgi.input": IncompleteBody(),
        },
    )
    assert status == "400 Bad Request"
    assert "did not arrive completely" in json.loads(body)["details"]


@pytest.mark.django_db
def test_a_bug_of_the_fast_path_is_a_500():
    status, headers, _ = answer(lambda request: 1 / 0)
    assert (status, headers["X-Frame-Options"]) == ("500 Internal Server Error", "DENY")

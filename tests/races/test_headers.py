"""Headers of every response of a server behind HTTPS, and the ends of requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.races.test_serve import chunked, head, raw
from tests.support.installation import Installation
from tests.support.server import Server, serving
from tests.support.wire import Answer, Request

PUBLIC = "https://volumes.example.com"


@pytest.fixture(scope="module")
def public(installation: Installation) -> Iterator[Server]:
    with serving(installation, PUBLIC_URL=PUBLIC) as server:
        yield server
        server.terminate()


@pytest.fixture
def answers(public: Server) -> dict[str, Answer]:
    """One response of each kind, by path."""
    paths = ["/login", "/", "/admin/", "/docs", "/schema", "/environments", "/environments/none"]
    paths += ["/nowhere", "/nowhere/volume", "/healthz", "/static/holdfast.css"]
    return {path: public.wire().get(path) for path in paths}


def test_every_response_has_the_security_headers(answers: dict[str, Answer]) -> None:
    for answer in answers.values():
        policy = answer.headers["content-security-policy"]
        assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(
            policy.split("; ")
        )
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_no_response_may_be_stored_by_shared_caches(answers: dict[str, Answer]) -> None:
    del answers["/static/holdfast.css"]  # everybody's
    assert all("private" in answer.headers["cache-control"] for answer in answers.values())


def test_every_response_has_a_content_type(answers: dict[str, Answer]) -> None:
    kinds = {answer.headers["content-type"] for answer in answers.values() if answer.body}
    assert kinds == {
        "text/html; charset=utf-8",
        "application/json",
        'text/css; charset="utf-8"',
    }


def test_cookies_go_by_https_to_this_site_only_and_scripts_cannot_read_the_session(
    public: Server,
) -> None:
    asked = public.wire().get("/login")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', asked.body)
    assert token is not None
    made = public.installation.identity
    form = {"username": made["username"], "password": made["password"]}
    logged_in = public.wire().send(
        Request(
            "POST",
            "/login",
            headers={"Cookie": asked.headers["set-cookie"].partition(";")[0], "Origin": PUBLIC},
            form={**form, "csrfmiddlewaretoken": token[1]},
        )
    )
    csrf, session = logged_in.headers["set-cookie"].split(", sessionid=")
    assert csrf.startswith("csrftoken=")
    for cookie in (csrf, session):
        assert {"Secure", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain=" not in cookie
    assert "HttpOnly" in session


def test_chunked_encoding_takes_precedence_over_content_length(server: Server) -> None:
    path = f"{server.environment()}/volume"
    body = b'{"name": "in-chunks", "size": 10}'
    both = ("Content-Length: 3", "Transfer-Encoding: chunked", "Connection: close")
    status, _ = raw(server, head(server, path, *both) + chunked(body))
    listed = [one["name"] for one in server.wire().get(path).body]
    # The rest of the body must never be read as a second request.
    assert (status, listed) in [(201, ["in-chunks"]), (400, [])]

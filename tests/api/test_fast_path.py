"""The fast path gives the responses of the views, byte for byte, and to nobody else."""

from __future__ import annotations

import json

import pytest
from django.test.client import ClientHandler
from django.utils import timezone
from rest_framework.views import APIView

from tests.support.handler import FastPathHandler
from volumes.models import Volume

WISH = {"name": "app-data", "size": 20, "labels": {"tier": "db"}, "description": 'é "quoted"\n\t😀'}


@pytest.fixture
def both_ways(alice, bob, charlie, api):
    """`both_ways(person, method, path, …)`: the responses of the fast path and of the views."""

    def ask(person, method, path, body=None, *, token=None, **headers):
        noted = {"last_used_at": timezone.now()}  # else nothing of a token's is plain
        speaking = api(person, **noted | (token or {})) if person else api()
        answers = []
        for handler in (
            FastPathHandler(enforce_csrf_checks=False),
            ClientHandler(enforce_csrf_checks=False),
        ):
            speaking.client.handler = handler
            answers.append(speaking.send(method, path, body, X_Request_ID="same", **headers))
        return answers

    return ask


def visible(answer):
    """Everything that a caller sees of an answer."""
    return answer.status_code, dict(answer.items()), answer.content


@pytest.fixture
def furnished(alices, make, here, attached, snapshot):
    """A volume with everything that one can have, among others."""
    alices.put(here, {**WISH, "size": 200, "name": "furnished", "protected": True})
    for number in range(4):
        make(f"other-{number}")
    return here


PATHS = [
    "{here}",
    "/api/v1{here}",
    "/environments{here}",
    "/api/v1/environments{here}",
    "{bare}",
    "{here}?x=1",
    "{volumes}",
    "/environments{volumes}",
    "{volumes}?limit=2",
    "{volumes}?limit=5",
    "{volumes}?limit=0",
    "{volumes}?limit=x",
    "{volumes}?limit=2&limit=3",
    "{volumes}?cursor=nonsense",
    "{volumes}?count=true&limit=1",
    "{volumes}?name=other",
    "{volumes}?sort=-size",
    "{volumes}?colour=red",
    "{volumes}/vol-01900000-0000-7000-8000-000000000000",
    "{volumes}/nonsense",
    "/01900000-0000-7000-8000-000000000000/volume",
    "{elsewhere}",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reads_are_the_same_on_both_paths(
    both_ways, alice, furnished, volumes, charlies_environment, method, path
):
    places = {
        "here": furnished,
        "bare": furnished.replace("vol-", ""),
        "volumes": volumes,
        "elsewhere": f"/{charlies_environment.pk}/volume",
    }
    fast_path, ordinary = both_ways(alice, method, path.format(**places))
    assert visible(fast_path) == visible(ordinary)


@pytest.mark.parametrize(
    "tag", ['"{tag}"', 'W/"{tag}"', "*", '"other"', '"{tag}", "x"', "nonsense"]
)
def test_conditional_requests_are_the_same_on_both_paths(both_ways, alices, alice, furnished, tag):
    known = alices.get(furnished)["ETag"].strip('"')
    asked = tag.format(tag=known)
    fast_path, ordinary = both_ways(alice, "GET", furnished, If_None_Match=asked)
    assert visible(fast_path) == visible(ordinary)


def test_pages_link_to_the_same_next_page_on_both_paths(both_ways, alice, furnished, volumes):
    path = f"{volumes}?limit=2"
    seen = []
    for _ in range(3):
        fast_path, ordinary = both_ways(alice, "GET", path)
        assert visible(fast_path) == visible(ordinary)
        seen += [one["name"] for one in fast_path.json()]
        path = fast_path.get("Link", "<http://testserver/end>").split("testserver")[1].split(">")[0]
    assert seen == ["furnished", "other-0", "other-1", "other-2", "other-3"]
    assert path == "/end"


@pytest.mark.parametrize(
    "token",
    [
        {"scope": "read"},
        {"scope": "write"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"revoked_at": "2020-01-01T00:00:00Z"},
        {"environment_id": "01900000-0000-7000-8000-000000000000"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_tokens_are_checked_the_same_on_both_paths(
    both_ways, alice, furnished, volumes, method, token
):
    fast_path, ordinary = both_ways(alice, method, volumes, {}, token=token)
    assert visible(fast_path) == visible(ordinary)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer \u00ff"])
def test_other_credentials_are_checked_the_same_on_both_paths(both_ways, volumes, header):
    fast_path, ordinary = both_ways(None, "GET", volumes, Authorization=header)
    assert visible(fast_path) == visible(ordinary)
    assert fast_path.status_code == 401


def test_roles_are_checked_the_same_on_both_paths(both_ways, bob, charlie, furnished, volumes):
    asked = [
        (bob, "GET", furnished, None),
        (bob, "POST", volumes, WISH),
        (charlie, "GET", furnished, None),
        (charlie, "POST", volumes, WISH),
    ]
    answers = [both_ways(*one) for one in asked]
    assert [visible(fast_path) for fast_path, _ in answers] == [
        visible(ordinary) for _, ordinary in answers
    ]
    assert [fast_path.status_code for fast_path, _ in answers] == [200, 403, 404, 404]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "UPPER", "size": 0, "colour": "red"},
        {"name": "furnished", "size": 1},
        {"name": "new", "size": 2**50},
        [],
        b"nonsense",
        b'{"name": "a", "name": "b", "size": 1}',
        b'{"x": "' + b"x" * 70_000 + b'"}',
        b"",
        b"null",
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_refusals_are_the_same_on_both_paths(
    both_ways, alice, furnished, volumes, body, content_type
):
    headers = {"Content-Type": content_type}
    fast_path, ordinary = both_ways(alice, "POST", volumes, body, **headers)
    assert visible(fast_path) == visible(ordinary)
    assert fast_path.status_code >= 400
    assert Volume.objects.count() == 5


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "nonsense"])
def test_an_encoded_body_is_refused_on_both_paths(both_ways, alice, volumes, encoding):
    headers = {"Content-Encoding": encoding}
    fast_path, ordinary = both_ways(alice, "POST", volumes, WISH, **headers)
    assert visible(fast_path) == visible(ordinary)
    assert fast_path.status_code == 415


def test_a_byte_order_mark_is_ignored_on_both_paths(both_ways, alice, volumes, memory):
    body = b"\xef\xbb\xbf" + json.dumps(WISH).encode()
    fast_path, ordinary = both_ways(alice, "POST", volumes, body)
    assert (fast_path.status_code, ordinary.status_code) == (201, 409)


def test_a_repeated_create_is_the_same_on_both_paths(both_ways, alice, volumes, memory):
    first, replay = both_ways(alice, "POST", volumes, WISH, Idempotency_Key="k")
    assert [first.status_code, replay.status_code] == [201, 201]
    assert first.content == replay.content
    assert (dict(first.items()) | {"Idempotent-Replay": "true"}) == dict(replay.items())
    fast_path, ordinary = both_ways(alice, "POST", volumes, WISH, Idempotency_Key="k")
    assert visible(fast_path) == visible(ordinary)
    assert fast_path["Idempotent-Replay"] == "true"
    assert fast_path["Location"] == f"{volumes}/{fast_path.json()['id']}"


def test_plain_requests_stay_on_the_fast_path(alices, furnished, volumes, monkeypatch):
    def unexpected(*_, **__):
        raise AssertionError("this went the ordinary way")

    monkeypatch.setattr(APIView, "dispatch", unexpected)
    assert alices.get(furnished).status_code == 200
    assert alices.get(f"{volumes}?limit=2").status_code == 200
    assert alices.post(volumes, WISH).status_code == 201
    assert alices.get(f"{volumes}?name=x").status_code == 500

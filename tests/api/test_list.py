"""GET /{envId}/volume, and what it shares with the other lists."""

import base64
import json
import re
from urllib.parse import urlsplit

import pytest

from tests.factories import ApplicationFactory, EnvironmentFactory
from tests.support.api import codes

NEXT = re.compile(r'^<([^>]+)>; rel="next"$')


@pytest.fixture
def names(alices, volumes):
    """`names("?sort=size")` lists the names."""

    def listed(query=""):
        response = alices.get(f"{volumes}{query}")
        assert response.status_code == 200, response.content
        return [volume["name"] for volume in response.json()]

    return listed


@pytest.fixture
def five(make):
    return [make(name, size=size) for name, size in zip("caebd", [3, 1, 2, 1, 3], strict=True)]


def link_of(response):
    (url,) = NEXT.findall(response["Link"])
    return url


def following(response):
    """The path and query of the next page."""
    url = urlsplit(link_of(response))
    return f"{url.path}?{url.query}"


def cursor(*parts):
    raw = json.dumps(list(parts)).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_list_is_a_bare_array_in_creation_order(names, alices, volumes, five):
    assert names() == list("caebd")
    assert alices.get(volumes).json()[0] == five[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?name=DATA", ["app-data", "old-data"]),
        ("?name=data&sort=-name", ["old-data", "app-data"]),
        ("?name=data&label=tier:db", ["app-data"]),
        ("?label=tier:db&limit=1", ["app-data"]),
        ("?label=tier:cache", []),
        ("?name=data_", []),
        ("?name=-d", ["app-data", "old-data"]),
        ("?name=%25", []),
    ],
)
def test_rare_values_are_found_among_many_volumes(names, make, monkeypatch, query, found):
    # As if these were the first of many: PostgreSQL looks them up in an index then.
    monkeypatch.setattr("config.limits.SAMPLE_ROWS", 1)
    make("app-data", labels={"tier": "db"})
    make("web-logs", labels={"tier": "db"})
    make("old-data", labels={"tier": "web"})
    assert names(query) == found


def test_the_list_of_an_empty_environment_is_empty(names):
    assert names() == []


def test_only_volumes_of_the_environment_are_listed(names, alices, company, make):
    other = EnvironmentFactory.create(company=company)
    alices.post(f"/{other.pk}/volume", {"name": "theirs", "size": 1})
    make("ours")
    assert names() == ["ours"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("createdAt", "caebd"),
        ("-createdAt", "dbeac"),
        ("name", "abcde"),
        ("-name", "edcba"),
        ("size", "abecd"),
        ("-size", "dceba"),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_each_row_is_on_one_page_in_the_requested_order(alices, volumes, five, sort, order, limit):
    pages, path = [], f"{volumes}?sort={sort}&limit={limit}"
    for _ in range(-(-5 // limit) - 1):
        page = alices.get(path)
        pages += [volume["name"] for volume in page.json()]
        path = following(page)
    last = alices.get(path)
    assert pages + [volume["name"] for volume in last.json()] == list(order)
    assert "Link" not in last


def test_a_row_created_meanwhile_shifts_no_page(alices, volumes, five, make):
    first = alices.get(f"{volumes}?sort=name&limit=2")
    make("aa")
    second = alices.get(following(first))
    assert [volume["name"] for volume in second.json()] == ["c", "d"]


def test_the_next_link_is_absolute_and_keeps_the_other_parameters(alices, volumes, make):
    labels = {"tier": "web", "a.b/c": ""}
    make("one", labels=labels)
    make("two", labels=labels)
    response = alices.get(
        f"{volumes}?label=tier:web&label=a.b/c:&limit=1&count=true", Host="localhost:8000"
    )
    link = link_of(response)
    assert link.startswith(f"http://localhost:8000{volumes}?")
    assert "label=tier%3Aweb&label=a.b%2Fc%3A&limit=1&count=true&cursor=" in link


def test_the_link_has_the_scheme_of_public_url(alices, volumes, five, settings):
    settings.PUBLIC_URL = urlsplit("https://volumes.example.com")
    response = alices.get(f"{volumes}?limit=1", Host="localhost")
    assert response["Link"].startswith("<https://localhost/")


def test_the_total_is_returned_only_on_request(alices, volumes, five):
    assert alices.get(f"{volumes}?count=true&limit=2&name=a")["X-Total-Count"] == "1"
    assert alices.get(f"{volumes}?count=true&limit=2")["X-Total-Count"] == "5"
    assert "X-Total-Count" not in alices.get(volumes)
    assert "X-Total-Count" not in alices.get(f"{volumes}?count=false")


def test_the_filter_by_name_is_a_case_insensitive_substring(names, make):
    make("db-uploads")
    make("web-uploads")
    assert names("?name=B-UP") == ["db-uploads", "web-uploads"]
    assert names("?name=DB") == ["db-uploads"]
    assert names("?name=%25") == []
    assert names("?name=_") == []


def test_the_filter_name_is_is_exact(names, make):
    make("uploads")
    make("uploads-2")
    assert names("?nameIs=uploads") == ["uploads"]
    assert names("?nameIs=UPLOADS") == []


def test_filters_by_status_and_attachment_combine(names, make, web, memory):
    make("mounted", attachedAppsRefs=[web.ref])
    make("alone")
    memory.fail("create")
    make("broken")
    assert names("?attached=true") == ["mounted"]
    assert names("?attached=false") == ["alone", "broken"]
    assert names("?status=error") == ["broken"]
    assert names("?status=ready&attached=false") == ["alone"]
    assert names("?status=ready&attached=false&name=broken") == []


def test_every_given_label_has_to_match_key_and_value(names, make):
    make("one", labels={"tier": "web", "env": "prod"})
    make("two", labels={"tier": "web", "x/env": "prod", "web": "tier"})
    make("three", labels={"tier": "webber", "0": "1"})
    assert names("?label=tier:web") == ["one", "two"]
    assert names("?label=tier:web&label=env:prod") == ["one"]
    assert names("?label=x/env:prod") == ["two"]
    assert names("?label=0:1") == ["three"]
    assert names("?label=tier:") == []


def test_deleted_volumes_are_listed_only_on_request(names, alices, volumes, here, make):
    make("kept")
    alices.delete(here)
    assert names() == ["kept"]
    assert names("?includeDeleted=false") == ["kept"]
    assert set(names("?includeDeleted=true")) == {"kept", "uploads"}
    assert names("?includeDeleted=true&status=deleted") == ["uploads"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=", "limit"),
        ("limit=1.0", "limit"),
        ("limit=%D9%A1", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=1&limit=2", "limit"),
        ("count=1", "count"),
        ("attached=yes", "attached"),
        ("attached=", "attached"),
        ("includeDeleted=True", "includeDeleted"),
        ("sort=nonsense", "sort"),
        ("sort=", "sort"),
        ("sort=--name", "sort"),
        ("status=gone", "status"),
        ("status=", "status"),
        ("label=tier", "label"),
        ("label=-:x", "label"),
        ("label=a:b%20c", "label"),
    ],
)
def test_an_invalid_value_is_refused(alices, volumes, query, field):
    response = alices.get(f"{volumes}?{query}")
    assert response.status_code == 400
    assert codes(response) == {(field, "invalid")}


@pytest.mark.parametrize("query", ["nmae=x", "Name=x", "page=2", "offset=1", "format=json", "x"])
def test_an_unknown_parameter_is_refused_rather_than_listing_everything(alices, volumes, query):
    response = alices.get(f"{volumes}?{query}&=")
    assert response.status_code == 400
    assert (query.partition("=")[0], "unknown_field") in codes(response)


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "%C3%A9",
        "",
        "====",
        "NQ",  # 5
        "bnVsbA",  # null
        "e30",  # {}
        cursor("name", "a", "00000000-0000-0000-0000-000000000000"),
        cursor("-createdAt", None, "00000000-0000-0000-0000-000000000000"),
        cursor("createdAt", None, "nonsense"),
        cursor("createdAt", None, 7),
        cursor("createdAt", None),
        cursor("createdAt", 1, "00000000-0000-0000-0000-000000000000"),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
    ],
)
def test_an_invalid_cursor_is_refused(alices, volumes, bad):
    response = alices.get(f"{volumes}?cursor={bad}")
    assert response.status_code == 400
    assert codes(response) == {("cursor", "invalid")}


@pytest.mark.parametrize(
    ("sort", "value"),
    [("name", "a\0"), ("name", "\ud800"), ("name", 7), ("size", 2**63), ("size", True)],
)
def test_a_forged_cursor_causes_no_error(alices, volumes, volume, sort, value):
    forged = cursor(sort, value, "00000000-0000-0000-0000-000000000000")
    response = alices.get(f"{volumes}?sort={sort}&cursor={forged}")
    assert response.status_code == 400
    assert codes(response) == {("cursor", "invalid")}


@pytest.fixture
def lists(here, apps, web, worker, company, attached, snapshot, alices):
    """The other lists, each with two or more rows."""
    EnvironmentFactory.create(company=company)
    alices.post(f"{here}/attachment", {"appIdRef": worker.ref})
    alices.post(f"{here}/snapshot")
    return {
        "applications": apps,
        "environments": "/environments",
        "attachments": f"{here}/attachment",
        "snapshots": f"{here}/snapshot",
        "history": f"{here}/history",
    }


@pytest.mark.parametrize(
    "which", ["applications", "environments", "attachments", "snapshots", "history"]
)
def test_other_lists_are_paginated_alike(alices, lists, which):
    everything = alices.get(lists[which]).json()
    first = alices.get(f"{lists[which]}?limit=1&count=true")
    second = alices.get(following(first))
    assert len(everything) >= 2
    assert first.json() + second.json() == everything[:2]
    assert first["X-Total-Count"] == str(len(everything))


@pytest.mark.parametrize(
    "which", ["applications", "environments", "attachments", "snapshots", "history"]
)
def test_other_lists_refuse_unknown_parameters(alices, lists, which):
    response = alices.get(f"{lists[which]}?sort=name&limit=0")
    assert codes(response) == {("sort", "unknown_field")}
    assert codes(alices.get(f"{lists[which]}?limit=0")) == {("limit", "invalid")}


@pytest.mark.parametrize("which", ["attachments", "snapshots", "history"])
def test_lists_without_names_have_no_filter_by_name(alices, lists, which):
    assert codes(alices.get(f"{lists[which]}?name=x")) == {("name", "unknown_field")}


def test_applications_and_environments_can_be_filtered_by_name(alices, lists, web):
    gone = ApplicationFactory.create(environment=web.environment, name="gone", is_deleted=True)
    apps = lists["applications"]
    assert [app["name"] for app in alices.get(f"{apps}?name=WE").json()] == ["web"]
    assert [app["name"] for app in alices.get(f"{apps}?nameIs=work").json()] == []
    assert gone.ref in {app["id"] for app in alices.get(f"{apps}?includeDeleted=true").json()}
    found = alices.get("/environments?nameIs=production").json()
    assert [environment["name"] for environment in found] == ["production"]


@pytest.mark.parametrize("query", ["?x=1", "?limit=1"])
def test_endpoints_that_return_no_list_refuse_parameters(alices, here, query):
    assert alices.get(f"{here}{query}").status_code == 400
    assert alices.put(f"{here}{query}", {}).status_code == 400
    assert alices.get(f"/environments/{here.split('/')[1]}{query}").status_code == 400

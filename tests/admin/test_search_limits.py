"""Searches of operators: 200 characters and 10 words; and no address that the database cannot take."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.admin_routes import MODELS

LISTS = [f"/admin/{app}/{model}/" for app, model in MODELS]
AUTOCOMPLETE = "/admin/autocomplete/"
TERMS = [
    ("a" * 200, 200),
    ("a" * 201, 400),
    ("a " * 10, 200),
    ("a " * 11, 400),
    ("a " * 2000, 400),
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("text", "status"), TERMS)
def test_the_search_of_every_list_is_limited(
    desk: Client, path: str, text: str, status: int
) -> None:
    assert desk.get(path, {"q": text}).status_code == status


@pytest.mark.parametrize(("text", "status"), TERMS)
def test_the_search_of_a_choice_is_limited(desk: Client, text: str, status: int) -> None:
    of = {"app_label": "volumes", "model_name": "volume", "field_name": "environment"}
    assert desk.get(AUTOCOMPLETE, {**of, "term": text}).status_code == status


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query",
    [
        "&".join(["name__contains=a"] * 900),
        "&".join(["name__contains=a"] * 100),
        "name__contains=" + "a" * 60_000,
        "name__contains=" + "%25" * 4000,
        "name__regex=(a%2B)%2B%24",
        "name__iregex=(",
        "id__in=" + ",".join(["00000000-0000-0000-0000-000000000000"] * 100),
        "q=x&o=" + ".".join(["1"] * 2000),
        "p=" + "9" * 4000,
        "_changelist_filters=" + "a" * 4096,
    ],
)
def test_no_query_string_causes_a_database_error(desk: Client, path: str, query: str) -> None:
    desk.raise_request_exception = False
    assert desk.get(f"{path}?{query}").status_code in {200, 302, 400}


@pytest.mark.parametrize("lookup", ["name__regex", "name__iregex"])
def test_wildcards_are_searched_literally(desk: Client, lookup: str) -> None:
    assert desk.get("/admin/volumes/volume/", {lookup: "a"}).status_code == 400

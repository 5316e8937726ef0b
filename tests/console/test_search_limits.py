"""Searches of the console: 200 characters and 10 words."""

import pytest


@pytest.fixture
def place(environment):
    return f"/env/{environment.pk}"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("a" * 200, 200),
        ("a" * 201, 400),
        ("ü" * 200, 200),
        ("ü" * 201, 400),
        ("a " * 10, 200),
        ("a " * 11, 400),
        ("a\t" * 11, 400),
        ("a " * 2000, 400),
    ],
)
def test_the_search_of_volumes_is_limited(bobs, place, text, status):
    assert bobs.get(place, {"name": text}).status_code == status


def test_the_page_says_how_to_search(bobs, place):
    assert "at most 200 characters" in bobs.get(place, {"name": "a" * 201}).text
    assert "at most 10 words" in bobs.get(place, {"name": "a " * 11}).text


@pytest.mark.parametrize("name", ["person", "token", "action", "environment", "company"])
@pytest.mark.parametrize("path", ["/activity", "/activity.csv"])
def test_the_filter_of_activity_is_limited(bobs, path, name):
    assert bobs.get(path, {name: "a" * 201}).status_code == 400


def test_a_token_of_many_words_is_a_filter_all_the_same(bobs):
    assert bobs.get("/activity", {"token": f"token:{'a ' * 40}"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "{place}", "/activity", "/login", "/settings/tokens"])
@pytest.mark.parametrize(
    "query", [f"x={'a' * 4097}", "&".join(["x=1"] * 101), "&".join(f"p{n}=" for n in range(1200))]
)
def test_generated_addresses_are_within_the_limit(bobs, place, path, query):
    assert bobs.get(f"{path.format(place=place)}?{query}").status_code == 400


@pytest.mark.parametrize("name", ["status", "attached", "label", "sort", "page", "env", "place"])
@pytest.mark.parametrize("value", ["9" * 4096, "a:" + "b" * 4000, "%", "\u0661" * 500])
def test_invalid_values_cause_no_server_error(bobs, place, name, value):
    answers = [bobs.get(path, {name: value}) for path in ("/", place, "/settings/members")]
    assert {answer.status_code for answer in answers} <= {200, 400, 404}

"""How much a query may say: 32 labels, everything else once, 1,024 characters for a value."""

import pytest
from django.urls import get_resolver

from tests.support.api import codes
from tests.support.routes import ROWS, filled

KNOWN = {
    ("GET", "volume"): {
        *("limit", "cursor", "count", "name", "nameIs", "includeDeleted", "status", "attached"),
        *("label", "sort"),
    },
    ("GET", "app"): {"limit", "cursor", "count", "name", "nameIs", "includeDeleted"},
    ("GET", "environments"): {"limit", "cursor", "count", "name", "nameIs", "includeDeleted"},
    ("GET", "history"): {"limit", "cursor", "count"},
    ("GET", "attachment"): {"limit", "cursor", "count"},
    ("GET", "snapshot"): {"limit", "cursor", "count"},
    ("GET", "usage"): {"days"},
    ("DELETE", "{spare}"): {"cascade"},
}
"""By method and the last part of the path in ROWS."""

CASES = [
    (row, method, name)
    for (method, _), row in ROWS.items()
    for name in sorted(KNOWN.get((method, row.path.rpartition("/")[2]), ()))
]
TEXTS = {"name", "nameIs"}


@pytest.fixture
def ask(alices, world):
    def send(row, method, query):
        path = f"/{row.path.format(**world)}?{query}"
        return alices.send(method, path, filled(row.body, world))

    return send


def test_the_table_names_every_parameter_of_the_code():
    views = {pattern.callback for pattern in flat(get_resolver().url_patterns)}
    actions = {view.cls: view.cls.parameters for view in views if hasattr(view, "actions")}
    known = {name for one in actions.values() for names in one.values() for name in names}
    assert known == {name for _, _, name in CASES}


def flat(patterns):
    for pattern in patterns:
        yield from flat(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern]


@pytest.mark.parametrize(("row", "method", "name"), CASES)
def test_a_value_over_1024_characters_is_refused(ask, row, method, name):
    refused = ask(row, method, f"{name}={'a' * 1025}")
    assert refused.status_code == 400
    assert (name, "invalid") in codes(refused)


@pytest.mark.parametrize(("row", "method", "name"), [one for one in CASES if one[2] in TEXTS])
@pytest.mark.parametrize("character", ["a", "%C3%BC", "%F0%9F%98%80"])
def test_a_value_of_1024_characters_is_searched_for(ask, row, method, name, character):
    assert ask(row, method, f"{name}={character * 1024}").status_code == 200


@pytest.mark.parametrize(("row", "method", "name"), [one for one in CASES if one[2] != "label"])
def test_only_labels_may_be_repeated(ask, row, method, name):
    refused = ask(row, method, f"{name}=true&{name}=true")
    assert refused.status_code == 400
    assert (name, "invalid") in codes(refused)


@pytest.mark.parametrize(("number", "status"), [(32, 200), (33, 400), (500, 400), (2000, 400)])
def test_32_labels_are_searched_for(alices, volumes, number, status):
    query = "&".join(f"label=k{n}:v" for n in range(number))
    assert alices.get(f"{volumes}?{query}").status_code == status


@pytest.mark.parametrize(("method", "route"), ROWS)
@pytest.mark.parametrize("query", ["nonsense=1", "format=json", "label=a:b&label=a:b&page=2"])
def test_unknown_parameters_are_refused(ask, method, route, query):
    refused = ask(ROWS[method, route], method, query)
    assert refused.status_code == 400
    assert "unknown_field" in {code for _, code in codes(refused)}


def test_a_refusal_is_no_longer_than_its_request(alices, volumes):
    query = "&".join(f"{'x' * 40}{number}" for number in range(900))
    refused = alices.get(f"{volumes}?{query}=")
    assert refused.status_code == 400
    assert len(refused.content) < len(query)
    long = alices.get(f"{volumes}?{'x' * 60_000}=1")
    assert (long.status_code, len(long.content) < 1000) == (400, True)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?format=json", 200),
        ("?format=yaml", 200),
        ("?format=xml", 400),
        ("?format=yaml&format=yaml", 400),
        (f"?format={'y' * 1025}", 400),
        ("?version=1", 400),
    ],
)
def test_the_schema_knows_its_format(api, query, status):
    assert api().get(f"/schema{query}").status_code == status

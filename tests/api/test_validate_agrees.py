"""Validate returns exactly what create and update then do, for any request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from tests.support.api import Api

GOOD_NAME = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ARABIC_ONE = "\u0661"

names = st.from_regex(GOOD_NAME, fullmatch=True) | st.text("aZ0-_.é \n", max_size=66)
parts = st.sampled_from(["data", "app", "etc", "proc", "..", ".", "", "a b", "é" * 128, "x:y"])
paths = st.lists(parts, max_size=9).map("/".join).map("/{}".format) | st.text("/.a:é\x1f")
sizes = st.integers(1, 2**20) | st.integers() | st.floats() | st.booleans()
units = st.sampled_from(["MB", "GB", "TB", "Mi", "Gi", "Ti", "mb", "", " MB", "PB"])
in_words = (
    st.builds("{}{}".format, st.integers(1, 9999), units)
    | st.builds("{}{}".format, st.integers(), units)
    | st.text("0123456789MGTBi" + ARABIC_ONE, max_size=8)
)
keys = st.from_regex(r"([a-z]{1,5}/)?[A-Za-z]{1,5}", fullmatch=True) | st.text(
    "aZ0-_./é", max_size=66
)
values = st.from_regex(r"[a-z0-9]{0,63}", fullmatch=True) | st.text("aZ0-_. ", max_size=66)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def mostly(meant: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Nine times as it may be meant, once as nobody can mean it."""
    return st.integers(1, 10).flatmap(lambda roll: anything if roll == 10 else meant)


others = {
    "mountPath": mostly(paths),
    "description": mostly(st.text(max_size=501)),
    "labels": mostly(st.dictionaries(keys, values, max_size=34)),
    "protected": mostly(st.booleans()),
    "attachedAppsRefs": mostly(st.lists(st.uuids().map("app-{}".format), max_size=2)),
    "resourceRequests": mostly(st.fixed_dictionaries({"storage": in_words})),
    "nmae": st.just("x"),
    "usedSize": anything,
}
requests = st.fixed_dictionaries({"name": mostly(names), "size": mostly(sizes)}, optional=others)
changes = st.fixed_dictionaries({}, optional={"name": names, "size": sizes, **others})

by_chance = settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    # Each example is taken back, so that the fixtures are as good as fresh.
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def codes_of(answer: Any) -> set[tuple[str, str]]:
    """Field and code of every problem, in a verdict and in a refusal alike; none in an object."""
    return {(one["field"], one["code"]) for one in answer.json().get("errors", [])}


@by_chance
@given(spec=requests)
@example(spec={"name": "taken", "size": 1})
@example(spec={"name": "a", "size": 1, "resourceRequests": {"storage": "1GB"}})
@example(spec={"name": "a", "size": 10**30})
@example(spec={"name": "a", "resourceRequests": {"storage": f"{ARABIC_ONE}GB"}})
@example(spec={"name": "a", "size": 2**24, "mountPath": "/" + "/".join(["x" * 255] * 4)})
@example(spec={"name": "a", "size": 1, "labels": {"a": None, "b" * 64: "", "c": "d" * 64}})
def test_create_does_what_validate_says(
    alices: Api, volumes: str, make: Callable[..., Any], spec: dict[str, Any]
) -> None:
    with rolled_back():
        make("taken")
        said, done = alices.post(f"{volumes}/validate", spec), alices.post(volumes, spec)
    assert (done.status_code == 201) == (codes_of(said) == set())
    assert codes_of(said) == codes_of(done)


@by_chance
@given(change=changes)
@example(change={"name": "taken"})
@example(change={"size": 99})
@example(change={"size": 2**24 + 1, "name": "uploads"})
@example(change={"mountPath": "/data/uploads/"})
def test_update_does_what_validate_says(
    alices: Api, volumes: str, make: Callable[..., Any], change: dict[str, Any]
) -> None:
    with rolled_back():
        make("taken")
        volume = make("uploads")
        said = alices.post(f"{volumes}/validate", {**change, "id": volume["id"]})
        done = alices.put(f"{volumes}/{volume['id']}", change)
    assert (done.status_code == 200) == (codes_of(said) == set())
    assert codes_of(said) == codes_of(done)


@by_chance
@given(spec=requests)
@example(spec={"name": "a", "resourceRequests": {"storage": "10GB"}, "mountPath": "/a/"})
def test_validate_returns_the_volume_that_create_creates(
    alices: Api, volumes: str, memory: object, spec: dict[str, Any]
) -> None:
    said = alices.post(f"{volumes}/validate", spec)
    assume(codes_of(said) == set())
    normalized = said.json()["normalized"]
    again = alices.post(f"{volumes}/validate", normalized).json()
    with rolled_back():
        made = alices.post(volumes, spec).json()
    assert again["normalized"] == normalized
    assert {field: made[field] for field in normalized} == normalized

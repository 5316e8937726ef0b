"""Statements are compiled once, combined without reading their SQL, and do on both databases the same."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.models import CharField, Count, F, IntegerField, Value

from config.db.bulk_insert import bulk_insert, new_instance
from config.db.claims import ClaimStatement
from config.db.cte import execute, execute_if_locked
from config.db.statements import PreparedQuery, PreparedUpdate, QueryParam, any_of
from tests.factories import EnvironmentFactory
from volumes.models import Volume

pytestmark = pytest.mark.django_db

NAME = QueryParam("name", CharField())
EXTRA = QueryParam("extra", IntegerField())


def names():
    return Volume.objects.values_list("name")


@pytest.fixture
def volumes() -> list[Volume]:
    environment: Any = EnvironmentFactory()
    return [
        Volume.objects.create(environment=environment, name=name, size=10)
        for name in ("a", "b", "c")
    ]


def size_of(volume: Volume) -> int:
    return Volume.objects.values_list("size", flat=True).get(pk=volume.pk)


def named(name: str) -> PreparedQuery:
    """A lock of the volume with a name."""
    return PreparedQuery(
        lambda: Volume.objects.filter(name=Value(name)).select_for_update().values_list("id")
    )


GROW = PreparedUpdate(
    lambda: (Volume.objects.filter(any_of("pk")), {"size": F("size") + EXTRA}),
)


def test_a_query_returns_the_rows_for_the_values_of_each_call(volumes):
    query = PreparedQuery(lambda: Volume.objects.filter(name=NAME).values_list("id", "size"))
    first, second, _ = volumes
    assert query.rows(name="a") == [(first.pk, 10)]
    assert query.first(name="b") == (second.pk, 10)
    assert query.first(name="d") is None


def test_any_number_of_values_is_one_parameter(volumes):
    query = PreparedQuery(lambda: Volume.objects.filter(any_of("pk")).values_list("id"))
    first, second, _ = volumes
    assert {pk for (pk,) in query.rows(pks=[first.pk, second.pk])} == {first.pk, second.pk}
    assert query.rows(pks=[]) == []


def test_an_update_counts_the_rows_that_it_changed(volumes):
    first, second, third = volumes
    assert GROW.count(pks=[first.pk, second.pk], extra=5) == 2
    assert [size_of(one) for one in (first, second, third)] == [15, 15, 10]


def test_statements_are_executed_together(volumes):
    first, second, _ = volumes
    written = execute(
        GROW.with_values(pks=[first.pk], extra=1), GROW.with_values(pks=[second.pk], extra=2)
    )
    assert written == 1
    assert (size_of(first), size_of(second)) == (11, 12)


@pytest.mark.parametrize(
    ("locks", "is_done"),
    [((), True), (("a",), True), (("a", "b"), True), (("d",), False), (("a", "d"), False)],
)
def test_statements_are_executed_if_every_lock_finds_a_row(volumes, locks, is_done):
    first, second, _ = volumes
    done = execute_if_locked(
        [named(name).with_values() for name in locks],
        GROW.with_values(pks=[first.pk], extra=5),
        GROW.with_values(pks=[second.pk], extra=5),
    )
    grown = 15 if is_done else 10
    assert done is is_done
    assert (size_of(first), size_of(second)) == (grown, grown)


def test_a_lock_without_a_condition_accepts_one(volumes):
    every = PreparedQuery(lambda: Volume.objects.select_for_update().values_list("id"))
    grow = GROW.with_values(pks=[volumes[0].pk], extra=5)
    assert execute_if_locked([named("a").with_values(), every.with_values()], grow)
    assert not execute_if_locked([named("d").with_values(), every.with_values()], grow)
    assert size_of(volumes[0]) == 15


def test_text_like_a_lock_within_a_query_is_only_text(volumes):
    query = PreparedQuery(
        lambda: (
            Volume.objects.filter(name=Value("x FOR UPDATE")).select_for_update().values_list("id")
        )
    )
    grow = GROW.with_values(pks=[volumes[0].pk], extra=5)
    assert not execute_if_locked([query.with_values(), named("a").with_values()], grow)
    Volume.objects.filter(pk=volumes[1].pk).update(name="x FOR UPDATE")
    assert execute_if_locked([named("a").with_values(), query.with_values()], grow)


@pytest.mark.parametrize(
    "build",
    [
        lambda: names().order_by("name"),
        lambda: names()[:1],
        lambda: names().distinct(),
        lambda: Volume.objects.values("size").annotate(count=Count("id")).values_list("size"),
    ],
    ids=["ordering", "slice", "distinct", "group by"],
)
def test_a_query_that_does_not_end_in_conditions_accepts_no_other(build):
    with pytest.raises(ValueError, match="cannot carry a condition"):
        PreparedQuery(build).with_values().text("TRUE")


def test_a_query_that_locks_some_of_its_tables_is_refused():
    rows = Volume.objects.select_related("environment").select_for_update(of=("self",))
    with pytest.raises(ValueError, match="all its tables"):
        PreparedQuery(lambda: rows.values_list("id", "environment__name")).with_values()


def test_inserted_rows_are_read_unchanged(volumes):
    environment = volumes[0].environment
    made = [
        new_instance(
            Volume,
            environment_id=environment.pk,
            name=name,
            size=2**52,
            labels={"tier": 'a "quoted" ü'},
            created_by="system",
            modified_by="system",
        )
        for name in ("new-1", "new-2")
    ]
    assert execute(bulk_insert(*made)) == 2
    for volume in made:
        row = Volume.objects.get(pk=volume.pk)
        columns = [field.attname for field in Volume._meta.concrete_fields]
        assert [getattr(row, name) for name in columns] == [
            getattr(volume, name) for name in columns
        ]


def test_a_claim_changes_the_rows_that_it_returns(volumes):
    first, second, third = volumes
    claim = ClaimStatement(
        lambda: Volume.objects.filter(any_of("pk"), size=10).values_list("id", "name", "size"),
        lambda: {"size": F("size") + EXTRA},
    )
    rows = claim.rows(pks=[first.pk, second.pk], extra=1)
    assert set(map(tuple, rows)) == {(first.pk, "a", 11), (second.pk, "b", 11)}
    assert [size_of(one) for one in (first, second, third)] == [11, 11, 10]
    assert claim.rows(pks=[first.pk, uuid.uuid4()], extra=1) == []


def test_statements_are_compiled_concurrently():
    has_begun, may_end = threading.Event(), threading.Event()

    def slow():
        has_begun.set()
        assert may_end.wait(10)
        return names()

    first = threading.Thread(target=PreparedQuery(slow).with_values)
    first.start()
    assert has_begun.wait(10)
    second = threading.Thread(target=PreparedQuery(names).with_values)
    second.start()
    second.join(5)
    is_done = not second.is_alive()
    may_end.set()
    first.join()
    second.join()
    assert is_done


def test_checking_support_takes_no_query():
    new = connection.copy()
    assert new.features.has_json_object_function
    assert new.connection is None

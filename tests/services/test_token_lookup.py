"""Creates that come together share the look-up of their token; none is answered by an older one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest

from volumes.services import token_lookup
from volumes.services.token_lookup import TokenLookup

HERE = uuid.uuid4()


class Database:
    """Answers with the number of the question, as long as there is anything to answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, uuid.UUID]] = []
        self.meanwhile: Callable[[], object] = int
        self.is_allowed = True

    def look_up(self, digest: str, environment_id: uuid.UUID) -> Any:
        self.asked.append((digest, environment_id))
        number = len(self.asked)
        self.meanwhile()
        return (number,) if self.is_allowed else None


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    made = Database()
    monkeypatch.setattr(token_lookup, "environment_by_token", made.look_up)
    return made


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(token_lookup, "MAX_AGE", 60)
    return TokenLookup()


def test_those_that_arrived_before_share_a_look_up(database: Database, lookup: Any) -> None:
    arrived_at = time.monotonic()
    assert [lookup.find("a", HERE, arrived_at) for _ in range(3)] == [(1,)] * 3
    assert database.asked == [("a", HERE)]


def test_one_that_arrives_after_it_began_asks_itself(database: Database, lookup: Any) -> None:
    lookup.find("a", HERE, time.monotonic())
    assert lookup.find("a", HERE, time.monotonic()) == (2,)


def test_without_a_time_of_arrival_each_asks(database: Database, lookup: Any) -> None:
    assert [lookup.find("a", HERE, None) for _ in range(2)] == [(1,), (2,)]


def test_another_token_or_environment_is_looked_up_itself(database: Database, lookup: Any) -> None:
    arrived_at = time.monotonic()
    asked = [("a", HERE), ("b", HERE), ("a", uuid.uuid4())]
    assert [lookup.find(*one, arrived_at) for one in asked] == [(1,), (2,), (3,)]
    assert database.asked == asked


def test_a_refusal_is_not_shared(database: Database, lookup: Any) -> None:
    arrived_at = time.monotonic()
    database.is_allowed = False
    assert lookup.find("a", HERE, arrived_at) is None
    database.is_allowed = True
    assert lookup.find("a", HERE, arrived_at) == (2,)


def test_an_answer_that_grew_old_is_not_used(
    database: Database, lookup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived_at = time.monotonic()
    lookup.find("a", HERE, arrived_at)
    monkeypatch.setattr(token_lookup, "MAX_AGE", 0)
    assert lookup.find("a", HERE, arrived_at) == (2,)


def test_an_error_is_raised_to_the_one_who_asked(database: Database, lookup: Any) -> None:
    arrived_at = time.monotonic()
    database.meanwhile = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        lookup.find("a", HERE, arrived_at)
    database.meanwhile = int
    assert lookup.find("a", HERE, arrived_at) == (2,)


def test_a_look_up_under_way_is_waited_for(database: Database, lookup: Any) -> None:
    arrived_at = time.monotonic()
    has_begun, may_end = Event(), Event()

    def hang() -> None:
        has_begun.set()
        assert may_end.wait(60)

    database.meanwhile = hang
    found: list[Any] = []
    threads = [
        Thread(target=lambda: found.append(lookup.find("a", HERE, arrived_at))) for _ in range(2)
    ]
    threads[0].start()
    assert has_begun.wait(60)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(60)
    assert (found, len(database.asked)) == ([(1,), (1,)], 1)


def test_few_answers_are_kept(
    database: Database, lookup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_lookup, "MAX_KEPT", 1)
    arrived_at = time.monotonic()
    asked = ["a", "b", "a"]
    assert [lookup.find(one, HERE, arrived_at) for one in asked] == [(1,), (2,), (3,)]

"""Creates by token that arrive together share a look-up; none is allowed by an older one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from accounts.callers import SYSTEM
from accounts.models import User
from volumes.models import Environment
from volumes.services import create_requests, group_commit
from volumes.services.create_requests import AuthorizedCreate, CreateByToken, authorize
from volumes.services.group_commit import EnvironmentQueue, GroupCommitter
from volumes.specs.volume import VolumeSpec

EXPECTED = 2


class Tokens:
    """Look-ups of tokens, in order. Each token is an administrator's, unless nothing is allowed."""

    def __init__(self) -> None:
        self.looked_up: list[str] = []
        self.meanwhile: Callable[[], object] = int
        self.is_allowed = True

    def look_up(self, digest: str, environment_id: Any) -> Any:
        self.looked_up.append(digest)
        self.meanwhile()
        environment = Environment(pk=environment_id)
        environment.role = "admin"
        return (User(pk=1), None, environment) if self.is_allowed else None


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Tokens:
    settings.EXECUTOR = "threads"
    monkeypatch.setattr(group_commit, "BATCH_WINDOW", 0)
    tokens = Tokens()
    monkeypatch.setattr(create_requests, "environment_by_token", tokens.look_up)
    return tokens


def create(digest: str = "a", admit: Callable[[], object] = int) -> CreateByToken:
    return CreateByToken(HERE, VolumeSpec(name=str(uuid4())), digest=digest, ip=None, admit=admit)


HERE = uuid4()


@pytest.fixture
def queue() -> EnvironmentQueue:
    """A queue that has written two creates of the token "a", and expects as many."""
    queue = EnvironmentQueue()
    for _ in range(EXPECTED):
        queue.add(AuthorizedCreate(Environment(pk=HERE), create().spec, SYSTEM, digest="a"))
    assert len(queue.begin_batch()) == EXPECTED
    queue.end_batch()
    return queue


def test_expected_creates_are_looked_up_together(queue: EnvironmentQueue) -> None:
    creates = [create(), create()]
    assert [queue.arrive(one) for one in creates] == [[], creates]


def test_only_tokens_of_the_last_batch_are_expected(queue: EnvironmentQueue) -> None:
    assert queue.expects(create("a"))
    assert not queue.expects(create("b"))


def test_one_thread_looks_up_all_waiting_requests(queue: EnvironmentQueue) -> None:
    arrived = create()
    assert queue.arrive(arrived) == []
    assert queue.take_arrived(arrived) == [arrived]
    assert queue.take_arrived(arrived) == []


def test_a_create_that_arrives_during_a_look_up_is_not_part_of_it(
    queue: EnvironmentQueue, tokens: Tokens
) -> None:
    creates, late = [create(), create()], create()
    tokens.meanwhile = lambda: queue.arrive(late)
    queue.arrive(creates[0])
    assert len(authorize(queue.arrive(creates[1]))) == EXPECTED
    assert queue.take_arrived(late) == [late]


def test_each_token_is_looked_up_once(tokens: Tokens) -> None:
    creates = [create(digest) for digest in ("a", "b", "a")]
    assert [one.result for one in authorize(creates)] == [one.result for one in creates]
    assert tokens.looked_up == ["a", "b"]


def test_a_create_that_is_not_admitted_is_refused_alone() -> None:
    refused, other = create(admit=lambda: 1 / 0), create()
    assert [one.result for one in authorize([refused, other])] == [other.result]
    with pytest.raises(ZeroDivisionError):
        refused.result.wait()


def test_an_error_of_the_look_up_is_raised_to_each_waiting_request(tokens: Tokens) -> None:
    tokens.meanwhile = lambda: 1 / 0
    creates = [create(), create()]
    assert authorize(creates) == []
    for one in creates:
        with pytest.raises(ZeroDivisionError):
            one.result.wait()


def test_creates_of_a_token_without_permission_learn_nothing(tokens: Tokens) -> None:
    tokens.is_allowed = False
    assert GroupCommitter().submit_by_token(create()) is None


@pytest.fixture
def expecting(queue: EnvironmentQueue) -> GroupCommitter:
    """A committer with this queue, whose writer never begins."""
    committer = GroupCommitter()
    committer.queues[HERE] = queue
    return committer


def test_a_refused_token_does_not_wait_for_a_writer(
    expecting: GroupCommitter, tokens: Tokens
) -> None:
    tokens.is_allowed = False
    assert expecting.submit_by_token(create("a")) is None
    assert expecting.submit_by_token(create("b")) is None
    assert tokens.looked_up == ["a", "b"]


def test_expected_creates_wait_for_each_other(
    expecting: GroupCommitter, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "BATCH_WINDOW", 60)
    tokens.is_allowed = False
    with ThreadPoolExecutor(EXPECTED) as pool:
        creates = [pool.submit(expecting.submit_by_token, create()) for _ in range(EXPECTED)]
        assert [one.result(60) for one in creates] == [None, None]
    assert tokens.looked_up == ["a"]


def test_another_token_does_not_wait_for_expected_creates(
    expecting: GroupCommitter, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "BATCH_WINDOW", 10)  # seconds for each expected create
    tokens.is_allowed = False
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(expecting.submit_by_token, create("b")).result(timeout=5) is None

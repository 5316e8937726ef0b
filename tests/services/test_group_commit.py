"""Creates that come at the same time are written together, and each is answered as if it came alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Event, Semaphore
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.callers import SYSTEM
from accounts.models import Company, Revision, User
from config import limits
from config.db.cte import execute_if_locked
from config.errors import Refused
from tests.factories import EnvironmentFactory
from tests.support.installation import eventually
from tests.support.storage import Fallible
from volumes.models import Environment, Snapshot, Volume
from volumes.services import group_commit
from volumes.services.create_requests import AuthorizedCreate
from volumes.services.creation import create_volume
from volumes.services.group_commit import EnvironmentQueue
from volumes.specs.volume import VolumeSpec

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 12


@pytest.fixture(autouse=True)
def _steps_in_threads(settings: Any) -> None:
    settings.EXECUTOR = "threads"


@pytest.fixture
def environment(company: Company) -> Environment:
    return EnvironmentFactory.create(company=company, storage_quota=100)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Those that wrote volumes, or found that they could not."""
    found = []

    def noted(*arguments: Any) -> bool:
        found.append(arguments)
        return execute_if_locked(*arguments)

    monkeypatch.setattr(group_commit, "execute_if_locked", noted)
    return found


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Semaphore:
    """Counts creates that have entered a queue."""
    counted, add = Semaphore(0), EnvironmentQueue.add

    def counting(self: EnvironmentQueue, request: AuthorizedCreate) -> None:
        add(self, request)
        counted.release()

    monkeypatch.setattr(EnvironmentQueue, "add", counting)
    return counted


class Hanging:
    """The first step that begins goes on when it is told to."""

    def __init__(self, memory: Fallible) -> None:
        self.has_begun, self.may_end = Event(), Event()
        memory.before["create"] = self._hang

    def _hang(self, _: str) -> None:
        self.has_begun.set()
        assert self.may_end.wait(60)


@pytest.fixture
def first(memory: Fallible) -> Iterator[Hanging]:
    hanging = Hanging(memory)
    yield hanging
    hanging.may_end.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CROWD + 1) as pool:
        yield pool


def create(environment: Environment, name: str, size: int = 1) -> Volume:
    try:
        volume, _ = create_volume(
            environment=environment,
            spec=VolumeSpec(name=name, size=size, mount_path=f"/data/{name}"),
            snapshots=Snapshot.objects.none(),
            actor=SYSTEM,
        )
        return volume
    finally:
        connection.close()


@pytest.fixture
def crowd(
    pool: ThreadPoolExecutor,
    environment: Environment,
    first: Hanging,
    waiting: Semaphore,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., list[Future[Any]]]:
    """What creates come to who all wait until the step of one before them is over."""
    monkeypatch.setattr(limits, "BATCH_TIMEOUT", 60)

    def crowded(
        creates: list[Callable[[], Any]], *, then: Callable[[], Any] = int
    ) -> list[Future[Any]]:
        before = pool.submit(create, environment, "before")
        assert first.has_begun.wait(60)
        assert waiting.acquire(timeout=60)
        begun = [pool.submit(one) for one in creates]
        for _ in creates:
            assert waiting.acquire(timeout=60)
        then()
        first.may_end.set()
        assert before.result(60).status == "ready"
        wait(begun, 60)
        return begun

    return crowded


def create_requests(
    environment: Environment, names: list[str], size: int = 1
) -> list[Callable[[], Volume]]:
    return [partial(create, environment, name, size) for name in names]


NAMES = [f"v-{number}" for number in range(CROWD)]


def refusal(create: Future[Volume]) -> set[str]:
    error = create.exception()
    assert isinstance(error, Refused)
    return {problem.code for problem in error.problems}


def test_requests_that_arrive_during_a_statement_share_the_next(crowd, statements, environment):
    made = [create.result() for create in crowd(create_requests(environment, NAMES, 2))]
    assert [volume.name for volume in made] == NAMES
    assert len(statements) == 2
    rows = Volume.objects.filter(name__in=NAMES)
    assert {(row.status, row.provisioned_size, row.lease_owner) for row in rows} == {
        ("ready", 2, None)
    }
    entries = Revision.objects.filter(subject_id__in=[str(volume.pk) for volume in made])
    assert sorted(entries.values_list("subject_name", flat=True)) == sorted(NAMES)
    environment.refresh_from_db()
    environment.company.refresh_from_db()
    assert (environment.storage_used, environment.company.storage_used) == (25, 25)


def test_a_batch_waits_for_as_many_requests_as_the_last_had(pool, environment, monkeypatch):
    monkeypatch.setattr(group_commit, "BATCH_WINDOW", 60)
    queue = EnvironmentQueue()
    some = [AuthorizedCreate(environment, VolumeSpec(name=name), SYSTEM) for name in NAMES[:3]]
    for request in some:
        queue.add(request)
    assert queue.begin_batch() == some
    queue.end_batch()
    waiting = pool.submit(queue.wait)
    for request in some[:2]:
        queue.add(request)
    with pytest.raises(TimeoutError):
        waiting.result(0.1)
    queue.add(some[2])
    waiting.result(60)
    assert queue.begin_batch() == some


def test_a_batch_takes_the_first_request_of_each_name(environment):
    queue = EnvironmentQueue()
    some = [
        AuthorizedCreate(environment, VolumeSpec(name=name), SYSTEM)
        for name in ["a", "a", "b", "a"]
    ]
    for request in some:
        queue.add(request)
    assert queue.begin_batch() == [some[0], some[2]]
    queue.end_batch()
    assert queue.begin_batch() == [some[1]]


def test_one_of_two_concurrent_requests_gets_the_name(crowd, environment):
    creates = crowd(create_requests(environment, ["wanted", "other", "wanted"]))
    refused = [create for create in creates if create.exception()]
    assert [refusal(create) for create in refused] == [{"name_taken"}]
    assert Volume.objects.filter(name="wanted").count() == 1


def test_a_taken_name_fails_no_other_request(crowd, environment):
    taken, *others = crowd(create_requests(environment, ["before", *NAMES[:3]]))
    assert refusal(taken) == {"name_taken"}
    assert [create.result().status for create in others] == ["ready"] * 3


def test_the_quota_is_given_to_as_many_as_fit(crowd, environment):
    creates = crowd(create_requests(environment, NAMES, 30))
    refused = [create for create in creates if create.exception()]
    assert [refusal(create) for create in refused] == [{"quota_exceeded"}] * (CROWD - 3)
    environment.refresh_from_db()
    assert environment.storage_used == 91


def test_an_error_of_the_database_is_raised_to_the_whole_batch(crowd, environment, monkeypatch):
    def broken(*_: Any) -> bool:
        if Volume.objects.exists():
            raise OperationalError("it went away")
        return execute_if_locked(*_)

    monkeypatch.setattr(group_commit, "execute_if_locked", broken)
    creates = crowd(create_requests(environment, NAMES))
    assert {str(create.exception()) for create in creates} == {"it went away"}
    assert Volume.objects.count() == 1


@pytest.fixture
def asks(environment: Environment, api: Any) -> Callable[[User], Callable[[], int]]:
    """What sends a create by a token of somebody's and answers the status."""

    def asking(person: User, **token: Any) -> Callable[[], int]:
        speaking = api(person, last_used_at=timezone.now(), **token)  # the plain kind of token

        def ask() -> int:
            try:
                spec = {"name": person.username, "size": 1}
                return int(speaking.post(f"/{environment.pk}/volume", spec).status_code)
            finally:
                connection.close()

        return ask

    return asking


def test_each_volume_is_created_by_its_own_token(crowd, environment, statements, asks, alice, erin):
    creates = crowd([asks(alice), asks(erin)])
    assert [create.result() for create in creates] == [201, 201]
    assert len(statements) == 2
    entries = Revision.objects.filter(subject_name__in=["alice", "erin"])
    assert {(entry.subject_name, entry.by) for entry in entries} == {
        ("alice", alice.ref),
        ("erin", erin.ref),
    }


def test_refused_requests_enter_no_queue(
    pool, environment, first, waiting, asks, alice, bob, charlie, erin
):
    hangs = pool.submit(create, environment, "hangs")
    assert first.has_begun.wait(60)
    assert waiting.acquire(timeout=60)
    alice.totpdevice_set.all().delete()
    refused = [asks(erin, scope="read"), asks(alice), asks(bob), asks(charlie)]
    assert [ask() for ask in refused] == [403, 403, 403, 404]
    assert not waiting.acquire(blocking=False)
    first.may_end.set()
    assert hangs.result(60).name == "hangs"


def test_a_step_that_hangs_delays_no_other_request(pool, environment, first):
    hangs = pool.submit(create, environment, "hangs")
    assert first.has_begun.wait(60)
    others = [pool.submit(create, environment, name) for name in NAMES]
    assert [create.result(60).status for create in others] == ["ready"] * CROWD
    assert hangs.result(60).status == "pending"
    first.may_end.set()
    eventually(lambda: Volume.objects.get(name="hangs").status == "ready")


def test_a_step_that_hangs_delays_no_request_of_its_batch(
    crowd, environment, statements, memory, monkeypatch
):
    hanging: list[Hanging] = []

    def hang_again() -> None:
        hanging.append(Hanging(memory))
        monkeypatch.setattr(limits, "BATCH_TIMEOUT", 0.1)

    made = [
        create.result() for create in crowd(create_requests(environment, NAMES), then=hang_again)
    ]
    assert len(statements) == 2
    assert Counter(volume.status for volume in made) == {"ready": CROWD - 1, "pending": 1}
    hanging[0].may_end.set()
    eventually(lambda: not Volume.objects.exclude(status="ready").exists())


def test_a_volume_stays_due_without_the_inline_step(environment, memory, settings):
    settings.RECONCILE_INLINE = False
    assert create(environment, "uploads").status == "pending"
    assert memory.calls == []
    assert Volume.objects.due().free().get().name == "uploads"

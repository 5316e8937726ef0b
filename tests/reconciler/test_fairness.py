"""No tenant delays another: shares of threads, separate bulk work, leases only for running steps."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts.callers import SYSTEM
from accounts.models import Company
from config import limits
from tests.factories import EnvironmentFactory
from tests.support.installation import eventually
from tests.support.storage import Fallible
from volumes import storage
from volumes.models import Environment, Snapshot, UsageSample, Volume, VolumeStatus
from volumes.reconciler import executors, fair_queue, loop, periodic, rounds
from volumes.reconciler.executors import Executors, FairExecutor
from volumes.reconciler.fair_queue import Backlog, RoundRobin
from volumes.reconciler.loop import ReconcileLoop
from volumes.reconciler.step_runner import StepRunner
from volumes.reconciler.targets import target_of
from volumes.reconciler.usage_samples import sample_all
from volumes.services.creation import create_volume
from volumes.services.volumes import delete_volume
from volumes.specs.volume import VolumeSpec

pytestmark = pytest.mark.django_db(transaction=True)


class Hanging(Fallible):
    """Hangs in every operation on some handles until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs: set[str] = set()
        self.may_end = Event()
        self.hanging: Counter[str] = Counter()
        self._counting = Lock()

    def _meddle(self, operation: str, handle: str) -> None:
        if handle in self.hangs:
            with self._counting:
                self.hanging[operation] += 1
            assert self.may_end.wait(60)
        super()._meddle(operation, handle)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    backend = Hanging()
    monkeypatch.setattr(storage, "build_backend", lambda _: backend)
    yield backend
    backend.may_end.set()


@pytest.fixture(autouse=True)
def small(settings: Any, monkeypatch: pytest.MonkeyPatch, disk: Hanging) -> Iterator[Executors]:
    """Executors of a few threads, for requests as for the loop; they are used up quickly."""
    settings.EXECUTOR = "threads"
    few = Executors(FairExecutor("quick", size=3, share=2), FairExecutor("bulk", size=3, share=2))
    monkeypatch.setattr(executors, "_INLINE", few)
    monkeypatch.setattr(loop, "loop_executors", lambda: few)
    yield few
    disk.may_end.set()
    for one in few:
        one.shutdown()


USED = 100
"""MB that count in each environment, for the rows that are written without a service."""


@pytest.fixture
def company(company: Company) -> Company:
    Company.objects.update(storage_used=2 * USED)
    return company


@pytest.fixture
def hostile(company: Company) -> Environment:
    return EnvironmentFactory.create(company=company, name="hostile", storage_used=USED)


@pytest.fixture
def victim(company: Company) -> Environment:
    return EnvironmentFactory.create(company=company, name="victim", storage_used=USED)


def rows(environment: Environment, count: int, **fields: Any) -> list[Volume]:
    """Due volumes that nobody works on."""
    made = Volume.objects.bulk_create(
        Volume(environment=environment, name=f"v{number}", size=1, mount_path="/data", **fields)
        for number in range(count)
    )
    Volume.objects.filter(environment=environment).update(due_at=Now())
    return made


def removals(environment: Environment, count: int) -> list[Volume]:
    return rows(environment, count, is_deleted=True, status=VolumeStatus.DELETING)


def leased(environment: Environment) -> int:
    return Volume.objects.filter(environment=environment, lease_owner__isnull=False).count()


def create(environment: Environment, name: str) -> Volume:
    volume, _ = create_volume(
        environment=environment,
        spec=VolumeSpec(name=name, size=1, mount_path=f"/data/{name}"),
        snapshots=Snapshot.objects.none(),
        actor=SYSTEM,
    )
    return volume


def hang(disk: Hanging, volumes: list[Volume]) -> list[Volume]:
    disk.hangs |= {str(volume.pk) for volume in volumes}
    return volumes


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"provisioned_size": 1},
        {"adopt_from": "/srv/data"},
        {"adopt_from": "/srv/data", "provisioned_size": 1},
        {"is_deleted": True},
        {"is_deleted": True, "provisioned_size": 1},
    ],
    ids=str,
)
def test_database_and_executors_agree_on_bulk_work(hostile, fields):
    (volume,) = rows(hostile, 1, **fields)
    assert Volume.objects.due().bulk().exists() == target_of(volume).is_bulk(volume)
    assert Volume.objects.due().quick().exists() != target_of(volume).is_bulk(volume)


def test_filling_a_volume_from_a_snapshot_is_bulk_work(hostile):
    (source,) = rows(hostile, 1, provisioned_size=1)
    snapshot = Snapshot.objects.create(volume=source, environment=hostile, name="s", size=1)
    filled = Volume.objects.create(
        environment=hostile, name="filled", size=1, mount_path="/data", restore_from=snapshot
    )
    assert target_of(filled).is_bulk(filled)
    assert target_of(snapshot).is_bulk(snapshot)
    assert Volume.objects.bulk().get() == filled
    ((rows_of_snapshots, is_bulk_work),) = target_of(snapshot).due()
    assert (is_bulk_work, rows_of_snapshots.model) == (True, Snapshot)


def test_the_loop_leases_only_the_share_of_an_environment_in_bulk_work(disk, hostile, victim):
    hang(disk, removals(hostile, 10))
    (theirs,) = removals(victim, 1)
    loop = ReconcileLoop()
    loop.start_due()
    eventually(lambda: disk.hanging["delete"] == 2)
    loop.start_due()
    loop.runner.collect(timeout=5)
    theirs.refresh_from_db()
    assert theirs.status == VolumeStatus.DELETED
    assert leased(hostile) == 2
    disk.may_end.set()
    loop.runner.drain()


def test_bulk_work_of_an_environment_does_not_hide_its_own_quick_work(disk, hostile, monkeypatch):
    monkeypatch.setattr(fair_queue, "PAGE", 5)
    hang(disk, removals(hostile, 20))
    loop = ReconcileLoop()
    loop.start_due()
    eventually(lambda: disk.hanging["delete"] == 2)
    wanted = create_row(hostile, "wanted")
    loop.start_due()
    loop.runner.collect(timeout=5)
    wanted.refresh_from_db()
    assert wanted.status == VolumeStatus.READY
    disk.may_end.set()
    loop.runner.drain()


def create_row(environment: Environment, name: str) -> Volume:
    volume = Volume.objects.create(environment=environment, name=name, size=1, mount_path="/data")
    Volume.objects.filter(pk=volume.pk).update(due_at=Now())
    return volume


def test_steps_that_hang_in_one_environment_leave_threads_for_quick_steps_of_others(
    disk, hostile, victim
):
    hang(disk, rows(hostile, 10))
    theirs = create_row(victim, "theirs")
    loop = ReconcileLoop()
    loop.start_due()
    loop.runner.collect(timeout=5)
    theirs.refresh_from_db()
    assert theirs.status == VolumeStatus.READY
    assert leased(hostile) == 2
    disk.may_end.set()
    loop.runner.drain()


def test_a_pass_serves_other_environments_while_bulk_work_hangs(disk, hostile, victim):
    hang(disk, removals(hostile, 5))
    theirs = rows(victim, 5)

    def one_pass() -> loop.PassResult:
        try:
            return loop.run_once()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as beside:
        passing = beside.submit(one_pass)
        ready = Volume.objects.filter(environment=victim, status=VolumeStatus.READY)
        eventually(lambda: ready.count() == len(theirs))
        assert leased(hostile) == 2
        disk.may_end.set()
        assert passing.result(60) == (0, 10, [])


def test_a_request_finds_a_thread_while_another_environments_bulk_work_hangs(
    disk, hostile, victim, settings
):
    settings.VOLUME_DELETE_GRACE = 0
    volumes = [create(hostile, f"v{number}") for number in range(4)]
    theirs = create(victim, "theirs")
    hang(disk, volumes)

    def delete(volume: Volume) -> str:
        try:
            delete_volume(environment=volume.environment, volume_id=volume.pk, actor=SYSTEM)
            return str(Volume.objects.get(pk=volume.pk).status)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as requests:
        hanging = [requests.submit(delete, volume) for volume in volumes]
        eventually(lambda: disk.hanging["delete"] == 2)
        eventually(lambda: Volume.objects.filter(is_deleted=True).count() == 4)
        assert requests.submit(delete, theirs).result(4) == "deleted"
        assert leased(hostile) == 2
        # Left to whoever is first once its response was due: here nobody, as there is no loop.
        assert {one.result(60) for one in hanging} == {"deleting"}
    assert leased(hostile) == 2


def test_rows_of_a_batch_that_did_not_begin_are_released(disk, hostile, small):
    volumes = rows(hostile, 4)
    for volume in volumes:
        volume.lease_owner = uuid.uuid4()
        Volume.objects.filter(pk=volume.pk).update(
            lease_owner=volume.lease_owner, lease_until=Now() + limits.LEASE
        )
    hang(disk, volumes[:2])
    settled: list[Volume] = []
    StepRunner(small).run(volumes, 0.2, settled.append)
    assert settled == []
    assert Volume.objects.free().count() == 2
    assert len(Volume.objects.due().claim([volume.pk for volume in volumes])) == 2
    disk.may_end.set()
    eventually(lambda: len(settled) == 4)


def test_released_rows_are_reconciled_by_the_next_free_thread(disk, hostile, small):
    volumes = rows(hostile, 3)
    for volume in volumes:
        volume.lease_owner = uuid.uuid4()
        Volume.objects.filter(pk=volume.pk).update(
            lease_owner=volume.lease_owner, lease_until=Now() + limits.LEASE
        )
    hang(disk, volumes[:2])
    settled: list[Volume] = []
    StepRunner(small).run(volumes, 0.2, settled.append)
    disk.may_end.set()
    eventually(lambda: len(settled) == 3)
    assert set(Volume.objects.values_list("status", flat=True)) == {"ready"}


def test_an_environment_whose_share_is_used_up_hides_no_other(hostile, victim, monkeypatch):
    monkeypatch.setattr(fair_queue, "PAGE", 5)
    full, other = sorted([hostile, victim], key=lambda environment: environment.pk)
    rows(full, 40)
    (waiting,) = rows(other, 1)
    shares = {full.pk: 0, other.pk: 2}
    queue = RoundRobin(Volume.objects.due().quick())
    assert queue.take(3, shares.__getitem__) == [(waiting.pk, other.pk)]
    assert queue.take(3, shares.__getitem__) == [(waiting.pk, other.pk)]


def test_a_page_that_ends_within_an_environment_skips_no_row(hostile, victim, monkeypatch):
    monkeypatch.setattr(fair_queue, "PAGE", 5)
    first, second = sorted([hostile, victim], key=lambda environment: environment.pk)
    rows(first, 4)
    rows(second, 4)
    found = RoundRobin(Volume.objects.due().quick()).take(9, lambda environment: 3)
    assert Counter(environment for _, environment in found) == {first.pk: 3, second.pk: 3}


def test_a_backlog_serves_environments_round_robin(hostile, victim):
    pks = [uuid.UUID(int=number) for number in range(6)]
    backlog = Backlog([(pk, hostile.pk) for pk in pks[:4]] + [(pk, victim.pk) for pk in pks[4:]])
    share: Callable[[uuid.UUID], int] = lambda environment: 2  # noqa: E731
    assert backlog.take(3, share) == [
        (pks[0], hostile.pk),
        (pks[1], hostile.pk),
        (pks[4], victim.pk),
    ]
    assert backlog.take(1, share) == [(pks[2], hostile.pk)]
    assert backlog.take(3, share) == [(pks[5], victim.pk), (pks[3], hostile.pk)]
    assert not backlog


def test_a_huge_tree_delays_the_samples_of_no_other_environment(disk, hostile, victim):
    huge = [create(hostile, f"v{number}") for number in range(3)]
    theirs = [create(victim, f"v{number}") for number in range(3)]
    hang(disk, huge)

    def sample() -> tuple[int, list[str]]:
        try:
            return sample_all()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as beside:
        sampling = beside.submit(sample)
        sampled = UsageSample.objects.filter(volume__environment=victim)
        eventually(lambda: sampled.count() == len(theirs))
        assert disk.hanging["usage"] == 1
        assert not UsageSample.objects.filter(volume__environment=hostile).exists()
        disk.may_end.set()
        assert sampling.result(60) == (6, [])


def test_sampling_stops_after_running_measurements(disk, hostile):
    hang(disk, [create(hostile, f"v{number}") for number in range(3)])
    stop = Event()

    def sample() -> tuple[int, list[str]]:
        try:
            return sample_all(stop=stop)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as beside:
        sampling = beside.submit(sample)
        eventually(lambda: disk.hanging["usage"] == 1)
        stop.set()
        disk.may_end.set()
        assert sampling.result(60) == (1, [])


def test_a_directory_that_hangs_delays_no_check_of_other_environments(disk, hostile, victim):
    hang(disk, [create(hostile, f"v{number}") for number in range(3)])
    theirs = [create(victim, f"v{number}") for number in range(3)]
    disk.lose(str(theirs[-1].pk))

    def look() -> list[str]:
        try:
            return periodic.check_all_settled()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(look)
        missing = Volume.objects.filter(missing_since__isnull=False)
        eventually(lambda: list(missing.all()) == theirs[-1:])
        assert disk.hanging["state"] == 1
        disk.may_end.set()
        assert looking.result(60) == []


def test_the_next_round_does_not_wait_for_a_measurement_that_hangs(
    disk, hostile, victim, monkeypatch
):
    hang(disk, [create(hostile, f"v{number}") for number in range(3)])
    create(victim, "v")
    monkeypatch.setattr(rounds, "DUE_CHECK_INTERVAL", 0.1)
    samples = UsageSample.objects.filter(volume__environment=victim)

    def sample() -> tuple[int, list[str]]:
        try:
            # Due from the end of the first round, for the victim, to that of the second.
            return sample_all(is_due=lambda: samples.count() == 1)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        sampling = pool.submit(sample)
        eventually(lambda: samples.count() == 2)
        assert disk.hanging["usage"] == 1
        disk.may_end.set()
        assert sampling.result(60) == (5, [])


def test_a_long_periodic_job_delays_no_other(monkeypatch, disk):
    ran: list[str] = []

    def lasting(stop: Event) -> None:
        assert disk.may_end.wait(60)

    def other(stop: Event) -> None:
        ran.append("other")

    monkeypatch.setattr(periodic, "JOBS", (lasting, other))
    monkeypatch.setattr(periodic, "RUN_DUE_INTERVAL", 0)
    runner, stop = periodic.PeriodicRunner(), Event()

    def has_run(times: int) -> bool:
        runner.run_due(stop)
        return len(ran) >= times

    eventually(lambda: has_run(2))
    disk.may_end.set()
    runner.drain()


def test_environments_are_measured_round_robin(disk, hostile, victim, settings):
    settings.EXECUTOR = "immediate"
    volumes = {
        str(create(environment, f"v{number}").pk): environment.name
        for environment in (hostile, victim)
        for number in range(3)
    }
    disk.calls.clear()
    assert sample_all() == (6, [])
    order = [volumes[handle] for call, handle in disk.calls if call == "usage"]
    assert order == sorted(set(order), key=order.index) * 3

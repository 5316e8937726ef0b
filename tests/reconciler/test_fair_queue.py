"""What it costs to find and to claim work: the same however many rows are due or settled."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from tests.factories import EnvironmentFactory
from tests.support.plans import plans
from volumes.models import Environment, Snapshot, Volume
from volumes.reconciler import fair_queue
from volumes.reconciler.fair_queue import RoundRobin
from volumes.reconciler.outcomes import Failed, SnapshotReady, VolumeReady
from volumes.reconciler.persistence import Persisted, persist
from volumes.reconciler.targets import Rows

ROOM = 10
SETTLED, DUE = 1000, 200
REINDEX = {"postgresql": "REINDEX TABLE volumes_volume", "sqlite": "REINDEX volumes_volume"}


@pytest.fixture
def busy(environment: Environment) -> list[Environment]:
    """Two environments with long queues, half of them bulk work, among many settled volumes."""
    both = [environment, EnvironmentFactory.create(company=environment.company)]
    for place in both:
        volumes = Volume.objects.bulk_create(
            Volume(
                environment=place,
                name=f"v{number}",
                size=1 + number % 7,
                mount_path="/data",
                adopt_from="/srv/data" * (number % 2),
            )
            for number in range(SETTLED + DUE)
        )
        Snapshot.objects.bulk_create(
            Snapshot(volume=volume, environment=place, name="s", size=1) for volume in volumes
        )
        for model, pks in (
            (Volume, [volume.pk for volume in volumes[SETTLED:]]),
            (Snapshot, Snapshot.objects.filter(volume__in=volumes[SETTLED:]).values("pk")),
        ):
            model.objects.filter(pk__in=pks).update(due_at=Now())
    with connection.cursor() as cursor:
        # Other tests leave dead entries behind: the planner would take an index for what it is not.
        cursor.execute(REINDEX[connection.vendor])
        cursor.execute("ANALYZE")
    return both


def next_volumes() -> list[Any]:
    queue = RoundRobin(Volume.objects.due())
    return [pk for pk, _ in queue.take(ROOM, lambda environment: ROOM)]


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (Volume.objects.due().quick(), "volume_due_quick"),
        (Volume.objects.due().bulk(), "volume_due_bulk"),
        (Snapshot.objects.due(), "snapshot_due"),
    ],
    ids=["quick", "bulk", "snapshots"],
)
@pytest.mark.usefixtures("busy")
def test_the_next_environments_are_read_in_the_order_of_the_index(
    rows: Rows, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_queue, "PAGE", ROOM)
    queue = RoundRobin(rows)
    for turn in (1, 2, 3):
        found = plans(lambda: queue.take(ROOM, lambda environment: ROOM))
        assert [plan.indexes for plan in found] == [{index}] * len(found), turn
        # In the order of the index and cut off: no row is read that there is no room for.
        assert not any(plan.sorts or plan.scans for plan in found), found


@pytest.mark.usefixtures("busy")
def test_a_claim_reads_only_its_rows() -> None:
    pks = next_volumes()
    claim = plans(lambda: Volume.objects.due().claim(pks))
    assert claim
    assert not any(plan.scans for plan in claim)


@pytest.mark.usefixtures("busy")
def test_recording_reads_only_its_rows() -> None:
    """Held volumes are looked at on their own, failures as all the rest."""
    pks = next_volumes()
    first, *others = Volume.objects.due().claim(pks)
    outcomes = [Failed(first, "The disk is full.", status="error"), *map(VolumeReady, others)]
    recording = plans(lambda: persist(outcomes))
    assert len(recording) == 2
    assert not any(plan.scans for plan in recording)


@pytest.mark.parametrize("number", [1, 50])
@pytest.mark.usefixtures("busy")
def test_a_batch_takes_as_many_queries_as_one_row(
    number: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    """Finding, claiming and recording; savepoints of the test's own transaction are counted."""
    sets = [rows.due() for rows in (Volume.objects, Snapshot.objects)]
    queues = [RoundRobin(rows) for rows in sets]

    def batch() -> Persisted:
        volumes, snapshots = (
            rows.claim([pk for pk, _ in queue.take(number, lambda environment: number)])
            for rows, queue in zip(sets, queues, strict=True)
        )
        taken = [SnapshotReady(row, "files") for row in snapshots if isinstance(row, Snapshot)]
        ready = [VolumeReady(row) for row in volumes if isinstance(row, Volume)]
        return persist([*ready, *taken])

    batch()  # the words of the statements are found
    with django_assert_max_num_queries(18):
        persisted = batch()
    assert (persisted.lost, persisted.follow_up) == ([], [])
    assert Volume.objects.filter(status="ready").count() == 2 * number
    assert Snapshot.objects.filter(status="ready").count() == 2 * number

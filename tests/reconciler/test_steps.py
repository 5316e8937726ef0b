"""What the machine does: steps, leases, pauses, and data that vanishes."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from tests.factories import EnvironmentFactory
from volumes.backends import BackendError
from volumes.models import Snapshot, Volume
from volumes.reconciler import periodic
from volumes.reconciler.fair_queue import RoundRobin
from volumes.reconciler.outcomes import VolumeReady
from volumes.reconciler.persistence import persist
from volumes.reconciler.steps import reconcile_row, step

SOON = timedelta(seconds=20)


def settle_now(row):
    """Take steps with it, whatever its pause."""
    taken = reconcile_row(type(row).objects.eligible(), row.pk)
    row.refresh_from_db()
    return taken


def look():
    missing, _ = periodic.check_settled(Volume.objects.settled())
    return missing


@pytest.fixture
def pending(make, settings):
    """A volume that nobody has begun to make."""
    settings.RECONCILE_INLINE = False
    make("pending")
    return Volume.objects.get()


def test_a_failed_step_is_an_error_with_a_reason_and_a_backoff(pending, memory):
    memory.fail("create")
    settle_now(pending)
    assert (pending.status, pending.status_message) == ("error", "The disk is full.")
    assert (pending.attempts, pending.lease_owner) == (1, None)
    assert timezone.now() < pending.due_at < timezone.now() + SOON


def test_a_failed_row_is_not_due_before_its_backoff_ends(pending, memory):
    memory.fail("create")
    settle_now(pending)
    memory.heal()
    assert reconcile_row(Volume.objects.due(), pending.pk) == 0
    Volume.objects.update(due_at=Now())
    assert reconcile_row(Volume.objects.due(), pending.pk) == 1


def test_a_failed_step_is_retried_until_it_succeeds(pending, memory):
    memory.fail("create")
    settle_now(pending)
    settle_now(pending)
    assert pending.attempts == 2
    memory.heal()
    settle_now(pending)
    assert (pending.status, pending.status_message, pending.attempts) == ("ready", "", 0)
    assert (pending.due_at, pending.lease_owner, pending.version) == (None, None, 1)


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [(0, 0.25, 0.5), (3, 2, 4), (5, 8, 16), (9, 10, 20), (10_000, 10, 20)],
)
def test_the_backoff_grows_to_at_most_20_seconds(pending, memory, attempts, least, most):
    Volume.objects.update(attempts=attempts)
    memory.fail("create")
    settle_now(pending)
    pause = (pending.due_at - timezone.now()).total_seconds()
    assert least - 1 < pause <= most


def test_a_bug_in_a_step_shows_no_details_to_tenants(pending, memory):
    memory.fail("create", RuntimeError("secret"))
    settle_now(pending)
    assert pending.status == "error"
    assert "secret" not in pending.status_message


def test_a_long_reason_is_shortened(pending, memory):
    memory.fail("create", BackendError("x" * 5000))
    settle_now(pending)
    assert len(pending.status_message) == 500


def test_vanished_data_is_an_error_and_never_created_again(row, memory):
    memory.lose(str(row.pk))
    assert look() == 1
    settle_now(row)
    settle_now(row)
    assert row.status == "error"
    assert "missing" in row.status_message
    assert (memory.volumes, [call for call, _ in memory.calls].count("create")) == ({}, 1)


def test_a_volume_is_ready_again_once_its_data_is_back(row, memory):
    memory.lose(str(row.pk))
    look()
    memory.bring_back(str(row.pk))
    row.refresh_from_db()
    assert row.status == "error"
    settle_now(row)
    assert (row.status, row.status_message, row.version) == ("ready", "", 1)
    assert row.missing_since is None


def test_a_put_without_changes_only_checks_the_data(row, alices, here, memory):
    memory.lose(str(row.pk))
    look()
    assert alices.put(here, {"size": 200}).json()["status"] == "error"
    assert memory.volumes == {}
    memory.bring_back(str(row.pk))
    memory.sizes[str(row.pk)] = 100
    back = alices.put(here).json()
    assert (back["status"], back["provisionedSize"]) == ("ready", 200)


def test_a_check_does_not_overwrite_a_concurrent_change(row, alices, here, memory):
    memory.lose(str(row.pk))
    memory.before["state"] = lambda _: alices.put(here, {"description": "x"})
    look()
    row.refresh_from_db()
    assert row.status == "ready"


def test_no_volume_is_missing_while_the_root_is_not_mounted(row, memory):
    memory.unmount()
    assert look() == 0
    row.refresh_from_db()
    assert (row.status, row.missing_since) == ("ready", None)


@pytest.mark.usefixtures("storage_root")
def test_nothing_is_created_in_a_root_without_a_marker(api, alice, environment, storage_root):
    (storage_root / ".holdfast").unlink()
    path = f"/{environment.pk}/volume"
    made = api(alice).post(path, {"name": "uploads", "size": 1}).json()
    assert made["status"] == "error"
    assert made["statusMessage"].startswith("The storage is not available at the moment.")
    assert "init_storage" in Volume.objects.get().status_detail
    assert not (storage_root / made["id"].removeprefix("vol-")).exists()


def test_a_failed_grow_keeps_the_data(row, alices, here, memory):
    memory.fail("grow")
    failed = alices.put(here, {"size": 200}).json()
    assert (failed["status"], failed["size"], failed["provisionedSize"]) == ("error", 200, 100)
    assert str(row.pk) in memory.volumes
    assert alices.post(f"{here}/snapshot").status_code == 201
    memory.heal()
    settle_now(row)
    assert (row.status, row.provisioned_size) == ("ready", 200)


def test_a_volume_that_grows_again_meanwhile_gets_the_last_size(
    row, alices, here, memory, settings
):
    memory.before["grow"] = lambda _: alices.put(here, {"size": 300})
    alices.put(here, {"size": 200})
    settle_now(row)
    assert (row.status, row.provisioned_size, row.version) == ("ready", 300, 3)


def test_a_delete_wins_over_a_concurrent_create_step(pending, alices, volumes, memory, environment):
    memory.before["create"] = lambda _: alices.delete(f"{volumes}/{pending.ref}")
    settle_now(pending)
    settle_now(pending)
    environment.refresh_from_db()
    assert (pending.status, memory.volumes, environment.storage_used) == ("deleted", {}, 0)


def test_a_failed_step_does_not_end_the_grace_period(pending, alices, volumes, memory, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    memory.fail("create")
    memory.before["create"] = lambda _: alices.delete(f"{volumes}/{pending.ref}")
    settle_now(pending)
    assert (pending.status, pending.lease_owner) == ("deleting", None)


def claim(row):
    """Claimed, as the sweep does it."""
    claimed: list[Any] = Volume.objects.due().claim([row.pk])
    assert len(claimed) == 1
    return claimed[0]


def taken_over(pk):
    """Another process has claimed the row, the first one's lease having run out."""
    Volume.objects.filter(pk=pk).update(lease_owner=uuid.uuid4(), status_message="the other's")


@pytest.mark.parametrize("broken", [{}, {"create": BackendError("Too late.")}])
def test_a_zombies_write_changes_nothing(pending, memory, broken):
    memory.broken |= broken
    memory.before["create"] = lambda _: taken_over(pending.pk)
    claimed = claim(pending)
    assert step(claimed) is False
    pending.refresh_from_db()
    assert (pending.status, pending.status_message) == ("pending", "the other's")
    assert (pending.provisioned_size, pending.attempts) == (None, 0)
    assert pending.lease_owner not in {None, claimed.lease_owner}


def test_a_batch_settles_only_rows_unchanged_since_their_claim(make, settings):
    settings.RECONCILE_INLINE = False
    for name in ("held", "grown", "zombie", "unclaimed"):
        make(name)
    volumes = {volume.name: volume for volume in Volume.objects.all()}
    claimed = [claim(volumes[name]) for name in ("held", "grown", "zombie")]
    Volume.objects.filter(name="grown").update(size=200, version=F("version") + 1)
    taken_over(volumes["zombie"].pk)
    assert [lost.row.name for lost in persist(map(VolumeReady, claimed)).lost] == ["zombie"]
    assert list(Volume.objects.order_by("name").values_list("name", "status")) == [
        ("grown", "resizing"),
        ("held", "ready"),
        ("unclaimed", "pending"),
        ("zombie", "pending"),
    ]
    assert Volume.objects.get(name="zombie").lease_owner is not None


def test_a_zombies_removal_returns_no_quota_twice(row, alices, here, memory, environment):
    memory.before["delete"] = lambda _: taken_over(row.pk)
    alices.delete(here)
    environment.refresh_from_db()
    assert environment.storage_used == 100
    Volume.objects.update(lease_owner=None, lease_until=None)
    settle_now(row)
    environment.refresh_from_db()
    assert (row.status, environment.storage_used) == ("deleted", 0)


def test_data_that_a_zombie_created_for_a_purged_volume_is_removed(pending, memory):
    memory.before["create"] = lambda _: Volume.objects.all().delete()
    assert reconcile_row(Volume.objects.due(), pending.pk) == 1
    assert memory.volumes == {}


def test_a_leased_row_cannot_be_claimed(pending):
    assert claim(pending)
    assert Volume.objects.due().claim([pending.pk]) == []
    assert reconcile_row(Volume.objects.eligible(), pending.pk) == 0


def test_an_expired_lease_can_be_claimed(pending):
    first = claim(pending)
    Volume.objects.update(lease_until=Now() - timedelta(seconds=1))
    second = claim(pending)
    assert second.lease_owner != first.lease_owner


def test_a_lease_lasts_20_seconds_and_only_its_owner_can_renew_it(pending):
    claimed = claim(pending)
    Volume.objects.update(lease_until=Now() + timedelta(seconds=1))
    assert Volume.objects.renew({pending.pk: uuid.uuid4()}) == 0
    assert Volume.objects.renew({pending.pk: claimed.lease_owner}) == 1
    assert Volume.objects.filter(lease_until__gt=Now() + timedelta(seconds=15)).exists()
    assert not Volume.objects.filter(lease_until__gt=Now() + timedelta(seconds=20)).exists()


def test_a_step_repeated_ten_times_has_the_same_result(row, memory):
    for _ in range(10):
        Volume.objects.update(due_at=Now(), status="pending", provisioned_size=None)
        settle_now(row)
    assert (row.status, len(memory.volumes)) == ("ready", 1)


def turns(rows, room, number):
    """The names of those whose turn it is, so many times; nobody claims them."""
    queue = RoundRobin(rows)
    found = [queue.take(room, lambda environment: room) for _ in range(number)]
    names = dict(rows.values_list("pk", "name"))
    return [[names[pk] for pk, _ in turn] for turn in found]


def test_environments_are_served_round_robin(alices, company, environment, memory, settings):
    settings.RECONCILE_INLINE = False
    other = EnvironmentFactory.create(company=company)
    for number in range(5):
        alices.post(f"/{environment.pk}/volume", {"name": f"v{number}", "size": 1})
    alices.post(f"/{other.pk}/volume", {"name": "late", "size": 1})
    first, second = ["v0", "v1", "v2"], ["late", "v0", "v1"]
    assert turns(Volume.objects.due(), 3, 3) == [first, second, second]
    everybody = ["v0", "v1", "v2", "v3", "v4", "late"]
    assert turns(Volume.objects.due(), 7, 2) == [everybody, everybody]


def test_snapshots_are_served_round_robin(alices, company, here, make, memory, settings):
    other = EnvironmentFactory.create(company=company)
    path = f"/{other.pk}/volume"
    theirs = alices.post(path, {"name": "late", "size": 1}).json()["id"]
    settings.RECONCILE_INLINE = False
    for number in range(3):
        alices.post(f"{here}/snapshot", {"name": f"s{number}"})
    alices.post(f"{path}/{theirs}/snapshot", {"name": "late"})
    assert turns(Snapshot.objects.due(), 2, 2) == [["s0", "s1"], ["late", "s0"]]


def test_a_row_that_waits_for_a_thread_is_not_leased(make, memory, monkeypatch):
    monkeypatch.setattr("volumes.reconciler.inline.run_after_commit", lambda row, work: 0)
    make("one")
    assert Volume.objects.eligible().free().exists()
    assert not Volume.objects.due().exists()


def test_the_loop_leaves_new_rows_to_their_request_first(row, alices, here, monkeypatch):
    monkeypatch.setattr("volumes.reconciler.inline.run_after_commit", lambda row, work: 0)
    alices.put(here, {"size": 200})
    assert not Volume.objects.due().exists()
    Volume.objects.update(due_at=F("due_at") - timedelta(seconds=3))
    assert Volume.objects.due().exists()


def test_a_step_whose_lease_expired_records_nothing(pending, memory):
    memory.before["create"] = lambda _: taken_over(pending.pk)
    claimed = claim(pending)
    assert step(claimed) is False
    pending.refresh_from_db()
    assert (pending.status, pending.provisioned_size) == ("pending", None)


def test_a_step_does_not_settle_a_row_that_changed_meanwhile(pending, memory, alices, here):
    path = f"{here.rpartition('/')[0]}/{pending.ref}"
    memory.before["create"] = lambda _: Volume.objects.update(size=200, version=F("version") + 1)
    assert reconcile_row(Volume.objects.eligible(), pending.pk) == 2
    shown = alices.get(path).json()
    assert (shown["status"], shown["provisionedSize"], shown["size"]) == ("ready", 200, 200)


def test_settled_rows_are_never_claimed(row):
    assert Volume.objects.eligible().claim([row.pk]) == []


def test_a_result_is_returned_and_the_claimed_row_stays_as_it_was(pending, memory):
    claimed = claim(pending)
    persisted = persist([VolumeReady(claimed)])
    (ready,) = [outcome.ready_volume() for outcome in persisted.ready]
    assert (ready.pk, ready.status, ready.provisioned_size) == (pending.pk, "ready", 100)
    assert (claimed.status, claimed.provisioned_size) == ("pending", None)


def test_rows_that_need_another_step_are_returned(pending, memory):
    claimed = claim(pending)
    Volume.objects.update(size=200, version=F("version") + 1)
    assert persist([VolumeReady(claimed)]).follow_up == [claimed]

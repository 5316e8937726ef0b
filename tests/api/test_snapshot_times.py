"""A snapshot is of a moment: it is taken then, or never."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from tests.support.api import codes
from volumes.backends import BackendError
from volumes.models import Snapshot, Volume
from volumes.reconciler.expiry import expire_snapshots
from volumes.reconciler.steps import persist_and_follow_up, reconcile_row
from volumes.reconciler.targets import target_of

MISSED = "It could not be taken: {}; take another."


@pytest.fixture
def take(alices, here):
    """Requests a snapshot."""
    return lambda: alices.post(f"{here}/snapshot").json()


@pytest.fixture
def found(alices, here):
    """The volume's only snapshot, as the API shows it."""
    return lambda: alices.get(f"{here}/snapshot").json()[0]


@pytest.fixture
def waiting(settings, take):
    """A snapshot that nobody has begun to copy."""
    settings.RECONCILE_INLINE = False
    return take()


@pytest.fixture
def missed(memory, take):
    """A snapshot whose attempt failed, in a storage that works again."""
    memory.fail("snapshot")
    made = take()
    memory.heal()
    return made


def work():
    reconcile_row(Snapshot.objects.eligible(), Snapshot.objects.get().pk)


def make_late():
    Snapshot.objects.update(take_until=Now() - timedelta(seconds=1))


def moment(text):
    return datetime.fromisoformat(text)


def test_taken_at_is_when_copying_began(alices, here, take, memory):
    held = []
    memory.before["snapshot"] = lambda _: held.append(Snapshot.objects.get().copying_since)
    snapshot = take()
    assert moment(snapshot["takenAt"]) == held[0]
    assert snapshot["createdAt"] <= snapshot["takenAt"]


def test_a_waiting_snapshot_has_no_time_and_the_size_at_its_request(alices, here, waiting, found):
    assert (waiting["status"], waiting["takenAt"], waiting["size"]) == ("pending", None, 100)
    alices.put(here, {"size": 200})
    assert found()["size"] == 100
    work()
    taken = found()
    assert (taken["status"], taken["size"]) == ("ready", 200)
    assert taken["takenAt"] > taken["createdAt"]


def test_the_size_is_that_of_the_volume_when_copying_began(alices, here, take, found, memory):
    memory.before["snapshot"] = lambda _: Volume.objects.update(size=300)
    take()
    assert found()["size"] == 100


def test_consistency_is_what_the_backend_declares(take, memory, monkeypatch):
    monkeypatch.setattr(memory, "consistency", "files")
    assert take()["consistency"] == "files"


def test_a_snapshot_fails_with_its_first_failed_attempt(missed, found):
    reason = MISSED.format("the disk is full")
    assert (missed["status"], missed["statusMessage"]) == ("error", reason)
    work()
    assert found() == missed
    assert missed["takenAt"] is None
    assert not Snapshot.objects.unsettled().exists()


@pytest.mark.parametrize("error", [RuntimeError("a bug"), BackendError("No.", permanent=True)])
def test_every_kind_of_failure_fails_the_snapshot(take, memory, error):
    memory.fail("snapshot", error)
    snapshot = take()
    assert (snapshot["status"], snapshot["takenAt"]) == ("error", None)
    assert snapshot["statusMessage"].startswith("It could not be taken: ")
    assert snapshot["statusMessage"].endswith("; take another.")
    assert "again" not in snapshot["statusMessage"]


def test_a_failed_snapshot_is_never_taken(alices, here, missed, found, memory):
    alices.put(here)
    alices.put(here, {"size": 200})
    assert found() == missed
    assert memory.snapshots == {}


def test_restoring_the_volume_does_not_take_a_failed_snapshot(
    alices, here, missed, found, settings, memory
):
    settings.VOLUME_DELETE_GRACE = 60
    alices.delete(f"{here}?cascade=true")
    alices.post(f"{here}/restore")
    work()
    assert found() == missed
    assert memory.snapshots == {}


def test_a_snapshot_that_waits_is_taken_after_its_volume_is_restored(
    alices, here, waiting, found, settings
):
    settings.VOLUME_DELETE_GRACE = 60
    alices.delete(f"{here}?cascade=true")
    alices.post(f"{here}/restore")
    assert found()["status"] == "pending"
    reconcile_row(Volume.objects.eligible(), Volume.objects.get().pk)
    work()
    assert found()["status"] == "ready"


def test_a_failed_snapshot_counts_and_can_only_be_deleted(alices, volumes, here, missed, settings):
    settings.VOLUME_MAX_SNAPSHOTS = 1
    assert codes(alices.post(f"{here}/snapshot")) == {("", "too_many_snapshots")}
    assert codes(alices.delete(here)) == {("", "has_snapshots")}
    spec = {"name": "restored", "size": 100, "restoreFrom": missed["id"]}
    assert codes(alices.post(volumes, spec)) == {("restoreFrom", "wrong_status")}
    assert alices.delete(f"{here}/snapshot/{missed['id']}").status_code == 200
    assert not Snapshot.objects.exists()


def test_leftovers_of_a_failed_snapshot_are_removed(missed, memory):
    assert ("delete_snapshot", str(Volume.objects.get().pk)) in memory.calls


def test_a_snapshot_waits_while_the_storage_is_unavailable(take, found, memory):
    memory.unmount()
    snapshot = take()
    assert (snapshot["status"], snapshot["takenAt"]) == ("pending", None)
    assert "not available" in snapshot["statusMessage"]
    memory.mount()
    work()
    taken = found()
    assert (taken["status"], taken["statusMessage"]) == ("ready", "")
    assert taken["takenAt"] > taken["createdAt"]


@pytest.mark.parametrize("end", [work, expire_snapshots])
def test_a_snapshot_fails_after_the_maximum_wait(waiting, found, memory, settings, end):
    settings.SNAPSHOT_WAIT = 7
    make_late()
    end()
    late = found()
    assert (late["status"], late["takenAt"]) == ("error", None)
    assert late["statusMessage"] == MISSED.format("it waited longer than 7 seconds")
    work()
    assert found() == late
    assert memory.snapshots == {}


def test_the_maximum_wait_is_counted_from_the_request(settings, take):
    settings.SNAPSHOT_WAIT, settings.RECONCILE_INLINE = 7, False
    take()
    longest = F("due_at") + timedelta(seconds=7)
    in_time = Snapshot.objects.filter(take_until__lte=longest, take_until__gt=Now())
    assert in_time.exists()


def test_a_snapshot_that_is_being_copied_does_not_expire(waiting, found):
    assert Snapshot.objects.eligible().claim([Snapshot.objects.get().pk])
    make_late()
    assert expire_snapshots() == 0
    assert found()["status"] == "pending"


def test_a_copy_that_is_repeated_after_a_crash_has_the_later_time(waiting, found, memory):
    pk = Snapshot.objects.get().pk
    Snapshot.objects.eligible().claim([pk])
    begun = Snapshot.objects.get().copying_since
    Snapshot.objects.update(lease_until=Now() - timedelta(seconds=1))
    work()
    taken = found()
    assert taken["status"] == "ready"
    assert moment(taken["takenAt"]) > begun


def test_a_copy_that_was_finished_before_the_crash_keeps_its_time(waiting, found, memory):
    (row,) = Snapshot.objects.eligible().claim([Snapshot.objects.get().pk])
    target_of(row).apply(row, memory)
    Snapshot.objects.update(lease_until=Now() - timedelta(seconds=1))
    earlier = moment(found()["createdAt"]) - timedelta(seconds=30)
    memory.began = dict.fromkeys(memory.began, earlier.timestamp())
    Snapshot.objects.update(created_at=earlier - timedelta(seconds=1))
    work()
    taken = found()
    assert taken["status"] == "ready"
    assert abs(moment(taken["takenAt"]) - earlier) < timedelta(milliseconds=1)


def test_a_snapshot_of_missing_data_is_not_taken(waiting, found, memory):
    Volume.objects.update(missing_since=Now())
    work()
    assert found()["statusMessage"] == MISSED.format("its data is missing")
    assert memory.snapshots == {}


def test_a_snapshot_of_data_not_yet_found_missing_is_not_taken(waiting, found, memory, row):
    memory.lose(str(row.pk))
    work()
    assert (found()["status"], found()["takenAt"]) == ("error", None)


def test_a_snapshot_that_is_deleted_while_it_is_copied_is_removed(alices, here, take, memory):
    def delete(_):
        snapshot = Snapshot.objects.get()
        alices.delete(f"{here}/snapshot/{snapshot.ref}")

    memory.before["snapshot"] = delete
    take()
    assert (Snapshot.objects.count(), memory.snapshots) == (0, {})


def test_a_copy_that_a_zombie_finishes_late_is_removed(waiting, memory):
    pk = Snapshot.objects.get().pk
    (zombie,) = Snapshot.objects.eligible().claim([pk])
    Snapshot.objects.update(lease_until=Now() - timedelta(seconds=1))
    make_late()
    work()
    persist_and_follow_up([target_of(zombie).apply(zombie, memory)])
    assert memory.snapshots == {}
    assert Snapshot.objects.get().status == "error"


def test_a_zombie_does_not_fail_a_snapshot_that_another_took(waiting, found, memory):
    pk = Snapshot.objects.get().pk
    (zombie,) = Snapshot.objects.eligible().claim([pk])
    Snapshot.objects.update(lease_until=Now() - timedelta(seconds=1))
    work()
    taken = found()
    memory.fail("snapshot")
    persist_and_follow_up([target_of(zombie).apply(zombie, memory)])
    assert found() == taken
    assert len(memory.snapshots) == 1


def test_the_fields_that_holdfast_sets_are_ignored(alices, here):
    body = {"takenAt": None, "consistency": "instant", "size": 7}
    assert alices.post(f"{here}/snapshot", body).status_code == 201

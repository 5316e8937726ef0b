"""Data that vanishes and comes back: what counts as the volume's own, in rows and in the API."""

import pytest
from django.utils import timezone

from volumes.backends import BackendError, DataState
from volumes.models import Snapshot, Volume
from volumes.reconciler import periodic
from volumes.reconciler.marking import mark_older_data
from volumes.reconciler.steps import reconcile_row
from volumes.reconciler.usage_samples import sample_all, sample_usage


def look():
    missing, _ = periodic.check_settled(Volume.objects.settled())
    return missing


def settle_now(row):
    reconcile_row(type(row).objects.eligible(), row.pk)
    row.refresh_from_db()


@pytest.fixture
def handle(row):
    return str(row.pk)


@pytest.fixture
def held(row, memory, handle):
    """Measured at 8.1 GB."""
    memory.used[handle] = int(8.1 * 2**30)
    sample_usage(row)
    row.refresh_from_db()


class TestVanishedAndEmpty:
    @pytest.mark.usefixtures("held")
    def test_an_empty_directory_in_place_of_data_is_an_error_with_the_last_usage(
        self, row, memory, handle
    ):
        memory.lose(handle)
        look()
        memory.replace(handle)
        settle_now(row)
        settle_now(row)
        assert row.status == "error"
        assert "a directory is there again, but it is empty; it held 8.1 GB" in row.status_message
        assert f"accept_data {row.ref}" in row.status_detail
        assert "accept_data" not in row.status_message
        assert memory.source(handle) in row.status_detail

    def test_vanished_data_is_noticed_without_a_check_in_between(self, row, memory, handle):
        memory.replace(handle)
        assert look() == 1
        row.refresh_from_db()
        assert row.status == "error"
        assert "what it held was never measured" in row.status_message
        assert row.missing_since is not None

    def test_neither_grow_nor_snapshot_accepts_an_empty_directory_as_data(
        self, row, alices, here, memory, handle
    ):
        memory.replace(handle)
        grown = alices.put(here, {"size": 200}).json()
        assert (grown["status"], grown["provisionedSize"]) == ("error", 100)
        assert alices.post(f"{here}/snapshot").status_code == 409

    def test_a_snapshot_of_an_empty_directory_in_place_of_data_fails(
        self, row, alices, here, memory, handle
    ):
        memory.replace(handle)
        assert alices.post(f"{here}/snapshot").json()["status"] == "error"
        assert memory.snapshots == {}

    @pytest.mark.usefixtures("held")
    def test_an_empty_directory_in_place_of_data_is_not_measured(self, row, memory, handle):
        memory.replace(handle)
        measured, failed = sample_all()
        assert (measured, len(failed)) == (0, 1)
        row.refresh_from_db()
        assert (row.used_size, row.was_empty) == (8295, False)

    def test_an_empty_directory_may_replace_data_known_to_be_empty(self, row, memory, handle):
        sample_usage(row)
        row.refresh_from_db()
        assert row.was_empty
        memory.lose(handle)
        look()
        memory.replace(handle)
        settle_now(row)
        assert row.status == "ready"
        assert memory.state(handle) is DataState.OWN

    def test_data_of_less_than_1_mb_is_not_empty(self, row, memory, handle):
        memory.used[handle] = 1
        sample_usage(row)
        memory.replace(handle)
        assert look() == 1

    @pytest.mark.usefixtures("held")
    def test_data_restored_by_hand_is_found_and_marked(self, row, memory, handle):
        memory.replace(handle, file=True)
        assert look() == 0
        assert memory.state(handle) is DataState.OWN
        memory.lose(handle)
        look()
        memory.replace(handle, file=True)
        settle_now(row)
        assert (row.status, row.missing_since) == ("ready", None)
        assert memory.state(handle) is DataState.OWN

    def test_accepting_data_during_a_step_that_finds_it_empty_is_kept(self, row, memory, handle):
        memory.replace(handle)
        look()
        memory.before["state"] = lambda _: Volume.objects.update(is_accepted=True)
        reconcile_row(Volume.objects.eligible(), row.pk)
        row.refresh_from_db()
        assert (row.status, row.is_accepted) == ("error", True)
        settle_now(row)
        assert (row.status, row.is_accepted) == ("ready", False)


class TestBeingMade:
    @pytest.fixture
    def pending(self, make, settings):
        settings.RECONCILE_INLINE = False
        make("pending")
        return Volume.objects.get()

    def test_foreign_data_in_place_of_a_new_volume_is_an_error_until_removed(self, pending, memory):
        memory.replace(str(pending.pk), file=True)
        settle_now(pending)
        assert pending.status == "error"
        assert "Something else lies where its data belongs" in pending.status_message
        assert pending.provisioned_size is None
        memory.foreign.clear()
        settle_now(pending)
        assert pending.status == "ready"

    def test_an_empty_directory_in_place_of_a_new_volume_is_replaced(self, pending, memory):
        memory.replace(str(pending.pk))
        settle_now(pending)
        assert pending.status == "ready"
        assert memory.state(str(pending.pk)) is DataState.OWN


class TestOlderData:
    """What was made before there were marks."""

    @pytest.fixture
    def older(self, row, alices, here, memory, handle):
        """`older(file)` makes the volume and a snapshot of it older than marks."""
        alices.post(f"{here}/snapshot")
        snapshot = Snapshot.objects.get()

        def age(*, file):
            memory.replace(handle, file=file)
            memory.snapshots.clear()
            memory.foreign[handle, str(snapshot.pk)] = file
            Volume.objects.update(is_accepted=True)
            Snapshot.objects.update(is_accepted=True)
            return snapshot

        return age

    @pytest.mark.parametrize("file", [False, True])
    def test_older_data_is_marked_and_the_volume_stays_ready(
        self, row, memory, handle, older, file
    ):
        snapshot = older(file=file)
        assert mark_older_data() == []
        assert memory.state(handle) is DataState.OWN
        assert memory.state(handle, str(snapshot.pk)) is DataState.OWN
        assert not Volume.objects.filter(is_accepted=True).exists()
        assert not Snapshot.objects.filter(is_accepted=True).exists()
        assert look() == 0
        row.refresh_from_db()
        assert row.status == "ready"

    @pytest.mark.parametrize("file", [False, True])
    def test_a_check_marks_older_data(self, row, memory, handle, older, file):
        older(file=file)
        assert look() == 0
        assert memory.state(handle) is DataState.OWN
        row.refresh_from_db()
        assert (row.status, row.is_accepted) == ("ready", False)

    def test_data_that_is_missing_during_the_upgrade_is_not_accepted_later(
        self, row, memory, handle, older
    ):
        older(file=False)
        memory.foreign.clear()
        assert mark_older_data() == []
        memory.replace(handle)
        assert look() == 1

    def test_data_that_cannot_be_marked_is_reported_and_stops_no_other(
        self, row, make, memory, handle, older
    ):
        other = make("other")["id"].removeprefix("vol-")
        memory.replace(other, file=False)
        older(file=False)
        memory.before["state"] = denied
        (failure,) = mark_older_data()
        assert failure.startswith(f"vol-{handle} uploads: ") or "other" in failure
        assert Volume.objects.filter(is_accepted=True).count() == 1
        assert mark_older_data() == []
        assert {memory.state(one) for one in (handle, other)} == {DataState.OWN}

    def test_an_interrupted_marking_is_continued(self, row, memory, handle, older):
        older(file=False)
        memory.before["state"] = killed
        with pytest.raises(KeyboardInterrupt):
            mark_older_data()
        assert mark_older_data() == []
        assert memory.state(handle) is DataState.OWN

    def test_marking_waits_for_the_storage(self, row, memory, handle, older):
        older(file=False)
        memory.unmount()
        assert mark_older_data() == []
        assert Volume.objects.filter(is_accepted=True).exists()

    def test_volumes_without_data_are_skipped(self, row, memory, older):
        older(file=False)
        Volume.objects.update(removal_started=True)
        Snapshot.objects.update(status="pending", taken_at=None)
        calls = len(memory.calls)
        assert mark_older_data() == []
        assert len(memory.calls) == calls
        assert not Volume.objects.filter(is_accepted=True).exists()


def denied(handle):
    raise BackendError("Permission denied.")


def killed(handle):
    raise KeyboardInterrupt


@pytest.mark.usefixtures("held")
def test_marking_keeps_a_volume_in_error(row, memory, handle):
    """As the migration leaves it: missing data is not accepted."""
    Volume.objects.update(missing_since=timezone.now(), is_accepted=False)
    memory.replace(handle)
    assert look() == 1

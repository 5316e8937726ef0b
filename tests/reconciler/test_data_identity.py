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
    def test_an_empty_directory_keeps_it_in_error_and_says_what_it_held(self, row, memory, handle):
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

    def test_nobody_needs_to_have_looked_in_between(self, row, memory, handle):
        memory.replace(handle)
        assert look() == 1
        row.refresh_from_db()
        assert row.status == "error"
        assert "what it held was never measured" in row.status_message
        assert row.missing_since is not None

    def test_neither_a_grow_nor_a_snapshot_takes_it_for_the_data(
        self, row, alices, here, memory, handle
    ):
        memory.replace(handle)
        grown = alices.put(here, {"size": 200}).json()
        assert (grown["status"], grown["provisionedSize"]) == ("error", 100)
        assert alices.post(f"{here}/snapshot").status_code == 409

    def test_a_snapshot_of_it_fails(self, row, alices, here, memory, handle):
        memory.replace(handle)
        assert alices.post(f"{here}/snapshot").json()["status"] == "error"
        assert memory.snapshots == {}

    @pytest.mark.usefixtures("held")
    def test_a_measurement_of_it_says_nothing(self, row, memory, handle):
        memory.replace(handle)
        measured, failed = sample_all()
        assert (measured, len(failed)) == (0, 1)
        row.refresh_from_db()
        assert (row.used_size, row.was_empty) == (8295, False)

    def test_data_known_to_be_empty_may_be_replaced_by_an_empty_directory(
        self, row, memory, handle
    ):
        sample_usage(row)
        row.refresh_from_db()
        assert row.was_empty
        memory.lose(handle)
        look()
        memory.replace(handle)
        settle_now(row)
        assert row.status == "ready"
        assert memory.state(handle) is DataState.OWN

    def test_data_that_is_measured_as_less_than_1_mb_is_not_empty(self, row, memory, handle):
        memory.used[handle] = 1
        sample_usage(row)
        memory.replace(handle)
        assert look() == 1

    @pytest.mark.usefixtures("held")
    def test_data_restored_by_hand_is_back_and_marked(self, row, memory, handle):
        memory.replace(handle, file=True)
        assert look() == 0
        assert memory.state(handle) is DataState.OWN
        memory.lose(handle)
        look()
        memory.replace(handle, file=True)
        settle_now(row)
        assert (row.status, row.missing_since) == ("ready", None)
        assert memory.state(handle) is DataState.OWN

    def test_what_is_accepted_while_a_step_finds_it_empty_stays_accepted(self, row, memory, handle):
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

    def test_something_else_in_its_place_is_an_error_until_it_is_away(self, pending, memory):
        memory.replace(str(pending.pk), file=True)
        settle_now(pending)
        assert pending.status == "error"
        assert "Something else lies where its data belongs" in pending.status_message
        assert pending.provisioned_size is None
        memory.strangers.clear()
        settle_now(pending)
        assert pending.status == "ready"

    def test_an_empty_directory_in_its_place_is_replaced(self, pending, memory):
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
            memory.strangers[handle, str(snapshot.pk)] = file
            Volume.objects.update(is_accepted=True)
            Snapshot.objects.update(is_accepted=True)
            return snapshot

        return age

    @pytest.mark.parametrize("file", [False, True])
    def test_it_is_marked_and_stays_ready(self, row, memory, handle, older, file):
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
    def test_a_look_before_it_was_marked_marks_it(self, row, memory, handle, older, file):
        older(file=file)
        assert look() == 0
        assert memory.state(handle) is DataState.OWN
        row.refresh_from_db()
        assert (row.status, row.is_accepted) == ("ready", False)

    def test_what_is_missing_by_then_is_not_accepted_later(self, row, memory, handle, older):
        older(file=False)
        memory.strangers.clear()
        assert mark_older_data() == []
        memory.replace(handle)
        assert look() == 1

    def test_one_that_cannot_be_marked_is_named_and_stops_no_other(
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

    def test_what_was_interrupted_goes_on(self, row, memory, handle, older):
        older(file=False)
        memory.before["state"] = killed
        with pytest.raises(KeyboardInterrupt):
            mark_older_data()
        assert mark_older_data() == []
        assert memory.state(handle) is DataState.OWN

    def test_without_a_storage_it_waits(self, row, memory, handle, older):
        older(file=False)
        memory.unmount()
        assert mark_older_data() == []
        assert Volume.objects.filter(is_accepted=True).exists()

    def test_what_has_no_data_yet_or_no_more_is_passed_over(self, row, memory, older):
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
def test_a_volume_in_error_stays_so_when_it_gets_older(row, memory, handle):
    """As the migration leaves it: missing data is not accepted."""
    Volume.objects.update(missing_since=timezone.now(), is_accepted=False)
    memory.replace(handle)
    assert look() == 1

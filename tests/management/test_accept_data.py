"""accept_data."""

import uuid

import pytest

from accounts.models import Revision
from volumes.backends import BackendError, DataState
from volumes.models import Volume
from volumes.reconciler import periodic


@pytest.fixture
def handle(row):
    return str(row.pk)


@pytest.fixture
def lost(row, memory, handle):
    """The volume, in error: its data vanished, and an empty directory came in its place."""
    memory.replace(handle)
    periodic.check_settled(Volume.objects.settled())
    row.refresh_from_db()
    assert row.status == "error"
    return row


@pytest.mark.parametrize("prefix", ["vol-", ""])
def test_the_accepted_directory_is_the_data_at_once(run, lost, memory, handle, prefix):
    outcome = run("accept_data", f"{prefix}{handle}")
    assert (outcome.code, outcome.err) == (0, "")
    assert "what is there now is its data" in outcome.out
    lost.refresh_from_db()
    assert (lost.status, lost.status_message, lost.version) == ("ready", "", 1)
    assert (lost.missing_since, lost.is_accepted) == (None, False)
    assert memory.state(handle) is DataState.OWN


def test_accepting_is_recorded_without_a_version(run, lost, alices, here):
    run("accept_data", lost.ref)
    newest, *_ = alices.get(f"{here}/history").json()
    assert (newest["action"], newest["by"], newest["via"]) == ("accept_data", "system", "command")
    assert (newest["version"], newest["ip"]) == (None, None)


def test_a_directory_swapped_in_behind_a_ready_volume_can_be_accepted(run, row, memory, handle):
    memory.replace(handle)
    assert run("accept_data", handle).code == 0
    assert memory.state(handle) is DataState.OWN


def test_accepting_twice_is_refused_and_recorded_once(run, lost):
    assert run("accept_data", lost.ref).code == 0
    again = run("accept_data", lost.ref)
    assert again.code == 1
    assert "nothing to accept" in again.err
    assert Revision.objects.filter(action="accept_data").count() == 1


def test_existing_data_needs_no_accepting(run, row):
    outcome = run("accept_data", row.ref)
    assert outcome.code == 1
    assert "Its own data is there: there is nothing to accept." in outcome.err
    assert not Revision.objects.filter(action="accept_data").exists()


def test_a_missing_directory_cannot_be_accepted(run, lost, memory):
    memory.foreign.clear()
    outcome = run("accept_data", lost.ref)
    assert outcome.code == 1
    assert f"no directory at {memory.source(str(lost.pk))} to accept" in outcome.err
    lost.refresh_from_db()
    assert (lost.status, lost.is_accepted) == ("error", False)


def test_a_volume_that_was_never_provisioned_cannot_be_accepted(run, make, memory):
    memory.fail("create")
    volume = make("pending")["id"]
    memory.replace(volume.removeprefix("vol-"), file=True)
    outcome = run("accept_data", volume)
    assert outcome.code == 1
    assert "It was not created yet." in outcome.err


def test_deleted_and_unknown_volumes_are_not_found(run, lost, alices, here):
    assert alices.delete(here).status_code == 200
    for volume in (lost.ref, f"vol-{uuid.uuid4()}"):
        outcome = run("accept_data", volume)
        assert (outcome.code, "There is no volume" in outcome.err) == (1, True)


def test_an_invalid_id_is_wrong_usage(run, db):
    assert run("accept_data", "snap-1").code == 2


def test_a_storage_that_does_not_answer_is_an_error_with_its_cure(run, lost, memory):
    memory.fail("state", BackendError("It hangs.", "The disk sdb hangs."))
    outcome = run("accept_data", lost.ref)
    assert outcome.code == 1
    assert "The disk sdb hangs." in outcome.err


def test_data_that_vanishes_before_it_is_marked_is_not_accepted_later(
    run, lost, memory, handle, settings
):
    settings.RECONCILE_INLINE = False
    calls = []

    def vanish(_):
        calls.append("looked")
        memory.before["state"] = lambda _: memory.foreign.clear()

    memory.before["state"] = vanish
    outcome = run("accept_data", lost.ref)
    assert (outcome.code, calls) == (1, ["looked"])
    lost.refresh_from_db()
    assert (lost.status, lost.is_accepted) == ("error", False)


@pytest.mark.usefixtures("storage_root")
def test_only_a_directory_is_accepted(run, alices, volumes, storage_root, tmp_path):
    made = alices.post(volumes, {"name": "real", "size": 1}).json()["id"]
    data = storage_root / made.removeprefix("vol-") / "data"
    data.rmdir()
    data.symlink_to(tmp_path)
    outcome = run("accept_data", made)
    assert outcome.code == 1
    assert "no directory" in outcome.err

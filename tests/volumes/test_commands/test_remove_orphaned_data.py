"""remove_orphaned_data."""

import time
import uuid

import pytest

from volumes.models import Volume
from volumes.services import cleanup

REMOVE = "remove_orphaned_data"


@pytest.fixture
def orphan(memory):
    """Data of long ago that no row knows."""
    handle = str(uuid.uuid4())
    memory.volumes[handle] = 0.0
    return handle


def test_data_that_no_row_knows_goes_and_the_rest_stays(run, row, orphan, memory):
    outcome = run(REMOVE, "--no-input", "--json")
    assert outcome.code == 0
    assert [one["volume"] for one in outcome.json["removed"]] == [orphan]
    assert list(memory.volumes) == [str(row.pk)]


def test_a_snapshot_that_no_row_knows_goes(run, row, snapshot, memory):
    memory.snapshots[(str(row.pk), str(uuid.uuid4()))] = 0.0
    outcome = run(REMOVE, "--no-input", "--json")
    assert len(outcome.json["removed"]) == 1
    assert [key[1] for key in memory.snapshots] == [snapshot["id"].removeprefix("snap-")]


@pytest.mark.parametrize("arguments", [["--dry-run", "--no-input"], []])
def test_unless_confirmed_it_only_lists(run, orphan, memory, arguments):
    outcome = run(REMOVE, *arguments)
    assert (outcome.code, orphan in outcome.out) == (0, True)
    assert orphan in memory.volumes


def test_what_changed_lately_stays(run, orphan, memory):
    memory.volumes[orphan] = time.time() - 3600
    assert run(REMOVE, "--no-input", "--json").json["found"] == []
    assert len(run(REMOVE, "--no-input", "--older-than", "1", "--json").json["removed"]) == 1


def test_data_of_a_deleted_volume_in_its_grace_is_no_orphan(run, alices, here, memory, settings):
    settings.VOLUME_DELETE_GRACE = 60
    alices.delete(here)
    outcome = run(REMOVE, "--no-input", "--older-than", "0", "--json")
    assert outcome.json["found"] == []
    assert memory.volumes


def test_rows_without_data_are_reported(run, row, memory):
    memory.lose(str(row.pk))
    outcome = run(REMOVE, "--no-input", "--json")
    assert (outcome.code, [one["id"] for one in outcome.json["missing"]]) == (0, [row.ref])
    assert row.ref in run(REMOVE).out


def test_an_orphan_that_gets_a_row_meanwhile_stays(run, row, memory, monkeypatch):
    Volume.objects.filter(pk=row.pk).update(status="deleted", is_deleted=True)
    memory.volumes[str(row.pk)] = 0.0
    removing = cleanup.remove_orphan

    def slowly(orphan):
        Volume.objects.update(status="ready", is_deleted=False)
        return removing(orphan)

    monkeypatch.setattr(cleanup, "remove_orphan", slowly)
    assert run(REMOVE, "--no-input").code == 0
    assert str(row.pk) in memory.volumes


def test_where_most_is_unknown_nothing_is_removed(run, row, memory):
    memory.volumes |= {str(uuid.uuid4()): 0.0 for _ in range(11)}
    outcome = run(REMOVE, "--no-input")
    assert (outcome.code, len(memory.volumes)) == (1, 12)
    assert "nothing is removed" in outcome.err


def test_where_most_is_unknown_with_its_snapshots_nothing_is_removed(run, row, memory):
    handles = [str(uuid.uuid4()) for _ in range(11)]
    memory.volumes |= dict.fromkeys(handles, 0.0)
    memory.snapshots |= {(handle, str(uuid.uuid4())): 0.0 for handle in handles}
    assert run(REMOVE, "--no-input").code == 1
    assert len(memory.volumes) == 12


def test_ten_orphans_are_not_too_many(run, row, memory):
    memory.volumes |= {str(uuid.uuid4()): 0.0 for _ in range(10)}
    assert run(REMOVE, "--no-input").code == 0
    assert len(memory.volumes) == 1


def test_where_most_rows_are_without_data_nothing_is_removed(run, make, orphan, memory):
    made = [make(f"v{number}", size=1)["id"] for number in range(11)]
    for ident in made:
        memory.lose(ident.removeprefix("vol-"))
    outcome = run(REMOVE, "--no-input")
    assert (outcome.code, orphan in memory.volumes) == (1, True)


def test_an_unmounted_storage_is_no_orphanage(run, orphan, memory):
    memory.unmount()
    outcome = run(REMOVE, "--no-input")
    assert (outcome.code, orphan in memory.volumes) == (1, True)
    assert "init_storage" in outcome.err


def test_what_cannot_be_removed_is_a_failure(run, orphan, memory):
    memory.fail("delete")
    outcome = run(REMOVE, "--no-input", "--json")
    assert (outcome.code, len(outcome.json["failed"])) == (1, 1)


@pytest.mark.usefixtures("storage_root")
def test_directories_of_unknown_volumes_go_from_the_disk(run, storage_root):
    data = storage_root / str(uuid.uuid4()) / "data"
    data.mkdir(parents=True)
    (storage_root / "lost+found").mkdir()
    assert run(REMOVE, "--no-input", "--older-than", "0").code == 0
    assert not data.exists()
    assert (storage_root / "lost+found").exists()


@pytest.mark.parametrize("hours", ["-1", "x", "1.5"])
def test_wrong_usage_exits_with_2(run, db, hours):
    assert run(REMOVE, "--older-than", hours).code == 2

"""remove_orphaned_data."""

import time
import uuid

import pytest

from volumes.models import Installation, Volume
from volumes.reconciler import orphans

REMOVE = "remove_orphaned_data"


@pytest.fixture
def orphan(memory, row):
    """Data of long ago that no row knows, beside a volume that one does."""
    handle = str(uuid.uuid4())
    memory.volumes[handle] = 0.0
    return handle


@pytest.fixture
def installation(db):
    """The id that must be typed to remove what nobody knows."""
    return str(Installation.objects.get_or_create(number=1)[0].id)


def test_orphaned_data_is_removed_and_the_rest_stays(run, row, orphan, memory):
    outcome = run(REMOVE, "--no-input", "--json")
    assert outcome.code == 0
    assert [one["volume"] for one in outcome.json["removed"]] == [orphan]
    assert list(memory.volumes) == [str(row.pk)]


def test_an_orphaned_snapshot_is_removed(run, row, snapshot, memory):
    memory.snapshots[(str(row.pk), str(uuid.uuid4()))] = 0.0
    outcome = run(REMOVE, "--no-input", "--json")
    assert len(outcome.json["removed"]) == 1
    assert [key[1] for key in memory.snapshots] == [snapshot["id"].removeprefix("snap-")]


@pytest.mark.parametrize("arguments", [["--dry-run", "--no-input"], []])
def test_the_command_only_lists_without_confirmation(run, orphan, memory, arguments):
    outcome = run(REMOVE, *arguments)
    assert (outcome.code, orphan in outcome.out) == (0, True)
    assert orphan in memory.volumes


def test_recently_changed_data_stays(run, orphan, memory):
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
    removing = orphans.remove

    def slowly(orphan):
        Volume.objects.update(status="ready", is_deleted=False)
        return removing(orphan)

    monkeypatch.setattr(orphans, "remove", slowly)
    assert run(REMOVE, "--no-input").code == 0
    assert str(row.pk) in memory.volumes


def test_nothing_is_removed_when_most_data_is_orphaned(run, row, memory):
    memory.volumes |= {str(uuid.uuid4()): 0.0 for _ in range(11)}
    outcome = run(REMOVE, "--no-input")
    assert (outcome.code, len(memory.volumes)) == (1, 12)
    assert "nothing is removed" in outcome.err


def test_nothing_is_removed_when_most_data_and_snapshots_are_orphaned(run, row, memory):
    handles = [str(uuid.uuid4()) for _ in range(11)]
    memory.volumes |= dict.fromkeys(handles, 0.0)
    memory.snapshots |= {(handle, str(uuid.uuid4())): 0.0 for handle in handles}
    assert run(REMOVE, "--no-input").code == 1
    assert len(memory.volumes) == 12


def test_ten_orphans_are_not_too_many(run, row, memory):
    memory.volumes |= {str(uuid.uuid4()): 0.0 for _ in range(10)}
    assert run(REMOVE, "--no-input").code == 0
    assert len(memory.volumes) == 1


def test_nothing_is_removed_when_most_rows_have_no_data(run, make, orphan, memory):
    made = [make(f"v{number}", size=1)["id"] for number in range(11)]
    for ident in made:
        memory.lose(ident.removeprefix("vol-"))
    outcome = run(REMOVE, "--no-input")
    assert (outcome.code, orphan in memory.volumes) == (1, True)


def test_an_unmounted_storage_has_no_orphans(run, orphan, memory):
    memory.unmount()
    outcome = run(REMOVE, "--no-input")
    assert (outcome.code, orphan in memory.volumes) == (1, True)
    assert "init_storage" in outcome.err


def test_data_that_cannot_be_removed_is_a_failure(run, orphan, memory):
    memory.fail("delete")
    outcome = run(REMOVE, "--no-input", "--json")
    assert (outcome.code, len(outcome.json["failed"])) == (1, 1)


@pytest.mark.usefixtures("storage_root")
def test_directories_of_unknown_volumes_are_removed_from_the_disk(run, storage_root, installation):
    data = storage_root / str(uuid.uuid4()) / "data"
    data.mkdir(parents=True)
    (storage_root / "lost+found").mkdir()
    arguments = ["--no-input", "--older-than", "0", "--force", installation]
    assert run(REMOVE, *arguments).code == 0
    assert not data.exists()
    assert (storage_root / "lost+found").exists()


@pytest.mark.parametrize("hours", ["-1", "x", "1.5"])
def test_wrong_usage_exits_with_2(run, db, hours):
    assert run(REMOVE, "--older-than", hours).code == 2


@pytest.mark.parametrize("count", [1, 5])
def test_a_database_without_volumes_removes_nothing(run, memory, count):
    memory.volumes |= {str(uuid.uuid4()): 0.0 for _ in range(count)}
    outcome = run(REMOVE, "--no-input")
    assert (outcome.code, len(memory.volumes)) == (1, count)
    assert "The database has no volumes at all" in outcome.err


def test_nothing_is_removed_when_all_data_is_orphaned(run, row, orphan, memory):
    memory.lose(str(row.pk))
    outcome = run(REMOVE, "--no-input", "--json")
    assert (outcome.code, outcome.json["removed"], orphan in memory.volumes) == (1, [], True)
    assert "Everything that lies in the storage is unknown" in outcome.err


def test_an_empty_storage_is_not_suspicious(run, memory):
    assert run(REMOVE, "--no-input").code == 0


def test_data_of_deleted_volumes_is_removed_even_if_there_is_no_other(run, row, memory):
    Volume.objects.filter(pk=row.pk).update(status="deleted", is_deleted=True)
    memory.volumes[str(row.pk)] = 0.0
    assert run(REMOVE, "--no-input").code == 0
    assert memory.volumes == {}


def test_the_id_of_the_installation_overrides_the_safety_checks(run, memory, installation):
    memory.volumes |= {str(uuid.uuid4()): 0.0 for _ in range(12)}
    outcome = run(REMOVE, "--no-input", "--force", installation)
    assert (outcome.code, memory.volumes) == (0, {})


@pytest.mark.parametrize("typed", ["", "yes", "0b8f3a52-53a1-4d0c-9a54-7c3b7f0f6a11"])
def test_another_id_is_refused_with_a_message(run, orphan, memory, installation, typed):
    outcome = run(REMOVE, "--no-input", "--force", typed)
    assert (outcome.code, orphan in memory.volumes) == (1, True)
    assert f"'{typed}' is not the id of this installation" in outcome.err


def test_data_that_cannot_be_checked_is_reported_and_the_rest_is_removed(run, make, orphan, memory):
    blind, stray = make("blind")["id"], str(uuid.uuid4())
    memory.volumes[stray] = 0.0
    for handle in (blind.removeprefix("vol-"), stray):
        memory.close(handle)
    outcome = run(REMOVE, "--no-input", "--json")
    assert outcome.code == 1
    assert [one["volume"] for one in outcome.json["removed"]] == [orphan]
    assert [sentence.split(",")[0].split(": ")[0] for sentence in outcome.json["unreadable"]] == [
        f"{blind} blind",
        f"vol-{stray}",
    ]
    assert stray in memory.volumes
    assert f"Could not be looked at: {blind} blind: Permission denied" in run(REMOVE).out

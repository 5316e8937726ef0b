"""take_over_storage."""

import os
import shutil
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.models import Revision
from volumes import storage
from volumes.backends.directory import Directory
from volumes.models import Environment, Installation, Snapshot, StorageState, Volume
from volumes.verification.report import verify

LOST = "0199a000-0000-7000-8000-00000000dead"
DATA = "0199a000-0000-7000-8000-000000000001"
EMPTY = "0199a000-0000-7000-8000-000000000002"
SNAPSHOT = "0199a000-0000-7000-8000-000000000003"
TAKEN_AT = 1_700_000_000.0


@pytest.fixture
def lost(tmp_path):
    """The storage of another installation: a volume with data and a snapshot, and an empty one."""
    backend = Directory(str(tmp_path / "lost"), LOST)
    backend.prepare(LOST)
    backend.create(DATA, 10)
    backend.create(EMPTY, 10)
    root = tmp_path / "lost"
    (root / DATA / "data" / "file").write_bytes(b"x" * 3 * 2**20)
    backend.snapshot(DATA, SNAPSHOT, since=TAKEN_AT)
    return root


@pytest.fixture
def attach(settings, db):
    """`attach(root)` starts a new installation, whose STORAGE_ROOT this is."""

    def attached(root):
        settings.STORAGE_ROOT = root
        storage.build_backend.cache_clear()
        storage.installation_id.cache_clear()
        storage.ensure_installation()

    yield attached
    storage.build_backend.cache_clear()
    storage.installation_id.cache_clear()


@pytest.fixture
def take_over(run, environment):
    def taken(place=environment):
        return run("take_over_storage", "--environment", str(place.pk))

    return taken


def holds():
    return {outcome.result for outcome in verify(settled=True)} == {"ok"}


def owner(root):
    return (root / ".holdfast").read_text().strip()


def test_every_directory_becomes_a_volume_where_it_is(lost, attach, take_over, environment):
    attach(lost)
    inode = (lost / DATA / "data").stat().st_ino
    outcome = take_over()
    assert (outcome.code, "2 directories" in outcome.out) == (0, True), outcome.err
    volumes = {str(volume.pk): volume for volume in Volume.objects.all()}
    assert set(volumes) == {DATA, EMPTY}
    assert volumes[DATA].name == "recovered-000000000001"
    assert volumes[DATA].mount_path == "/data/recovered-000000000001"
    assert volumes[DATA].size in {3, 4}
    assert volumes[EMPTY].size == 1
    assert {volume.status for volume in volumes.values()} == {"ready"}
    assert (lost / DATA / "data").stat().st_ino == inode
    environment.refresh_from_db()
    assert environment.storage_used == sum(volume.size for volume in volumes.values())
    assert holds()


def test_snapshots_stay_snapshots_with_their_time(lost, attach, take_over):
    attach(lost)
    take_over()
    snapshot = Snapshot.objects.get()
    assert (str(snapshot.pk), snapshot.status, str(snapshot.volume_id)) == (SNAPSHOT, "ready", DATA)
    assert snapshot.taken_at == datetime.fromtimestamp(TAKEN_AT, UTC)
    assert snapshot.size in {3, 4}


def test_storage_gets_the_marker_of_this_installation(lost, attach, take_over):
    attach(lost)
    assert owner(lost) == LOST
    take_over()
    assert owner(lost) == str(Installation.objects.get().id)
    with pytest.raises(Exception, match="another installation"):
        Directory(str(lost), LOST).create(str(uuid.uuid4()), 1)


def test_history_says_that_the_system_adopted_it(lost, attach, take_over):
    attach(lost)
    take_over()
    entries = Revision.objects.filter(subject="volume", subject_id=DATA)
    assert set(entries.values_list("action", "by", "via")) == {
        ("adopt", "system", "command"),
        ("snapshot_create", "system", "command"),
    }


def test_copy_of_the_storage_has_no_marks_and_is_taken_over_alike(
    lost, attach, take_over, tmp_path
):
    copy = tmp_path / "copy"
    shutil.copytree(lost, copy)
    attach(copy)
    assert take_over().code == 0
    assert not Volume.objects.filter(is_accepted=True).exists()
    assert set(Volume.objects.values_list("status", flat=True)) == {"ready"}
    assert holds()


def test_second_call_changes_nothing(lost, attach, take_over):
    attach(lost)
    take_over()
    before = list(Volume.objects.values())
    outcome = take_over()
    assert (outcome.code, "0 directories" in outcome.out) == (0, True)
    assert list(Volume.objects.values()) == before


def test_call_that_ended_before_the_marker_continues(lost, attach, take_over):
    attach(lost)
    take_over()
    # As after a kill between the rows and the marker, with one row that is not written yet.
    (lost / ".holdfast").write_text(LOST)
    Directory(str(lost), LOST).create("0199a000-0000-7000-8000-000000000009", 10)
    outcome = take_over()
    assert (outcome.code, "1 directories" in outcome.out) == (0, True), outcome.err
    assert Volume.objects.count() == 3
    assert holds()


def test_quota_that_does_not_suffice_is_refused_and_nothing_changes(lost, attach, take_over):
    attach(lost)
    Environment.objects.update(storage_quota=2)
    outcome = take_over()
    assert outcome.code == 1
    assert "only 2 MB are left" in outcome.err
    assert (owner(lost), Volume.objects.count()) == (LOST, 0)


def test_volumes_with_data_elsewhere_are_refused(
    lost, attach, take_over, environment, storage_root, api, alice
):
    response = api(alice).post(f"/{environment.pk}/volume", {"name": "own", "size": 1})
    assert response.status_code == 201
    attach(lost)
    outcome = take_over()
    assert outcome.code == 1
    assert "1 volumes whose data is not in this storage" in outcome.err
    assert owner(lost) == LOST


def test_name_that_is_taken_is_replaced_by_the_whole_id(lost, attach, take_over, environment):
    same_end = "0199b000-0000-7000-8000-000000000001"
    Directory(str(lost), LOST).create(same_end, 10)
    attach(lost)
    assert take_over().code == 0
    names = set(Volume.objects.values_list("name", flat=True))
    assert {"recovered-000000000001", f"recovered-{same_end}"} <= names


def test_storage_without_a_marker_is_taken_over(lost, attach, take_over):
    attach(lost)
    (lost / ".holdfast").unlink()
    assert take_over().code == 0
    assert Volume.objects.count() == 2
    assert owner(lost) == str(Installation.objects.get().id)


def test_empty_storage_without_a_marker_is_refused(attach, take_over, tmp_path):
    attach(tmp_path / "none")
    shutil.rmtree(tmp_path / "none")
    (tmp_path / "none").mkdir()
    outcome = take_over()
    assert (outcome.code, "init_storage" in outcome.err) == (1, True)


def test_storage_in_which_a_server_works_is_refused(lost, attach, take_over):
    (lost / ".tmp" / f"{DATA}.{SNAPSHOT}.0").mkdir()
    attach(lost)
    outcome = take_over()
    assert (outcome.code, "Another server works" in outcome.err) == (1, True)
    assert not Volume.objects.exists()


def test_volume_of_which_only_snapshots_are_left_keeps_them(lost, attach, take_over):
    shutil.rmtree(lost / DATA / "data")
    attach(lost)
    assert take_over().code == 0
    assert Snapshot.objects.get().status == "ready"


def test_foreign_directories_are_left_alone(lost, attach, take_over):
    (lost / "lost+found").mkdir()
    os.symlink("/etc", lost / "0199a000-0000-7000-8000-00000000000a")
    attach(lost)
    assert take_over().code == 0
    assert Volume.objects.count() == 2


def test_unknown_environment_is_refused(run, lost, attach, environment):
    attach(lost)
    nowhere = "00000000-0000-0000-0000-000000000000"
    assert run("take_over_storage", "--environment", nowhere).code == 1
    assert owner(lost) == LOST


@pytest.mark.parametrize("arguments", [[], ["--environment", "x"]])
def test_wrong_usage_exits_with_2(run, arguments):
    assert run("take_over_storage", *arguments).code == 2


def test_more_than_the_storage_may_promise_is_taken_over_and_reported(
    lost, attach, take_over, settings
):
    settings.STORAGE_OVERCOMMIT = Decimal("0.000000001")
    StorageState.objects.create(promise_limit=0)
    attach(lost)
    outcome = take_over()
    assert (outcome.code, "2 directories" in outcome.out) == (0, True), outcome.err
    promised = sum(Volume.objects.values_list("size", flat=True))
    assert f"The sizes of all volumes are {promised} MB together" in outcome.out

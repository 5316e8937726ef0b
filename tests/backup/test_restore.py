"""restore."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.backup.archives import Members, manifest_of, rewritten, with_manifest
from tests.support.installation import ROOT, BareInstallation, Installation, installed
from tests.support.server import serving

CONTENT = "SELECT name, size, version FROM volumes_volume ORDER BY name"


def restored(target: BareInstallation, backup: Path, **settings: str) -> str:
    done = target.run("restore", str(backup), **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(target: BareInstallation, backup: Path, **settings: str) -> str:
    done = target.run("restore", str(backup), **settings)
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def copy_storage(source: Installation, target: BareInstallation) -> None:
    """Copy as `cp -a` does: every directory is another one then, so no mark identifies it."""
    shutil.copytree(source.storage_root, target.storage_root, symlinks=True)


def test_everything_is_back_and_verify_holds(
    source: Installation, target: BareInstallation, backup: Path
) -> None:
    restored(target, backup)
    copy_storage(source, target)
    assert target.rows(CONTENT) == source.rows(CONTENT)
    verified = target.run("verify", "--settled")
    assert verified.returncode == 0, verified.stdout
    assert (target.home / "secret_key").read_text() == (source.home / "secret_key").read_text()
    assert stat.S_IMODE((target.home / "secret_key").stat().st_mode) == 0o600


def test_restored_installation_serves_the_old_tokens_and_marks_the_copied_data(
    source: Installation, target: BareInstallation, backup: Path
) -> None:
    restored(target, backup)
    copy_storage(source, target)
    served = Installation.__new__(Installation)
    served.__dict__.update(vars(target), token=source.token)
    with serving(served) as server:
        volumes = server.wire().get(f"/{_environment(source)}/volume").body
        assert {volume["status"] for volume in volumes} == {"ready"}
        assert len(volumes) == 2
        server.terminate()
    assert target.rows("SELECT count(*) FROM volumes_volume WHERE is_accepted") == [(0,)]
    assert target.run("verify", "--settled").returncode == 0


def _environment(source: Installation) -> str:
    (found,) = source.ids("SELECT DISTINCT environment_id FROM volumes_volume")
    return found


def test_migrated_but_empty_database_is_empty(target: BareInstallation, backup: Path) -> None:
    assert target.run("migrate").returncode == 0
    restored(target, backup)
    assert len(target.rows(CONTENT)) == 2


def test_standard_input_is_read(target: BareInstallation, backup: Path) -> None:
    with backup.open("rb") as file:
        subprocess.run(
            [sys.executable, "manage.py", "restore", "-"],
            cwd=ROOT,
            env=target.environ,
            stdin=file,
            capture_output=True,
            timeout=120,
            check=True,
        )
    assert len(target.rows(CONTENT)) == 2


def test_sessions_end(source: Installation, target: BareInstallation, tmp_path: Path) -> None:
    source.meddle(
        "INSERT INTO django_session (session_key, session_data, expire_date)"
        " VALUES ('key', 'data', '2099-01-01 00:00:00')"
    )
    path = tmp_path / "with-session"
    assert source.run("backup", str(path)).returncode == 0
    source.meddle("DELETE FROM django_session")
    restored(target, path)
    assert target.rows("SELECT count(*) FROM django_session") == [(0,)]


def test_clean_up_works_before_the_first_server(
    source: Installation, target: BareInstallation, backup: Path
) -> None:
    """The settings of the old server, such as its STORAGE_ROOT, do not count here."""
    restored(target, backup)
    copy_storage(source, target)
    done = target.run("remove_orphaned_data", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_next_steps_are_printed(target: BareInstallation, backup: Path) -> None:
    out = restored(target, backup)
    assert f"SOURCE/ {target.home}/volumes/" in out
    assert "verify" in out


def test_installation_with_content_is_refused(source: Installation, backup: Path) -> None:
    before = source.rows(CONTENT)
    assert "server works with this database" in refused(source, backup)
    assert source.rows(CONTENT) == before


def test_second_restore_is_refused(target: BareInstallation, backup: Path) -> None:
    restored(target, backup)
    assert "not empty" in refused(target, backup)


def test_key_of_the_environment_stays(target: BareInstallation, backup: Path) -> None:
    out = restored(target, backup, SECRET_KEY="x" * 50)
    assert "SECRET_KEY is set to another key" in out
    assert not (target.home / "secret_key").exists()


@pytest.mark.parametrize("position", [0, 0.5, 0.9999])
def test_flipped_byte_is_found_before_anything_changes(
    target: BareInstallation, backup: Path, position: float
) -> None:
    content = bytearray(backup.read_bytes())
    end = len(content.rstrip(b"\0"))  # a tar ends with blocks of zeros, which mean nothing
    content[int(position * end)] ^= 0xFF
    backup.chmod(0o600)
    backup.write_bytes(content)
    refused(target, backup)
    assert target.run("migrate").returncode == 0
    assert target.rows(CONTENT) == []


@pytest.mark.parametrize("length", [0, 100, 5000, 100_000])
def test_cut_file_is_refused(target: BareInstallation, backup: Path, length: int) -> None:
    backup.write_bytes(backup.read_bytes()[:length])
    refused(target, backup)


def test_no_file_is_one_line(target: BareInstallation, tmp_path: Path) -> None:
    assert "No such file" in refused(target, tmp_path / "missing")


def test_backup_of_a_newer_version_is_refused(target: BareInstallation, backup: Path) -> None:
    migrations = manifest_of(backup)["migrations"]
    newer = with_manifest(backup, migrations=[*migrations, ["volumes", "9999_from_the_future"]])
    assert "newer version" in refused(target, newer)


def test_backup_of_an_older_version_is_restored_and_migrated(
    target: BareInstallation, tmp_path: Path
) -> None:
    with installed(tmp_path / "older") as older:
        assert older.run("migrate", "volumes", "0016").returncode == 0
        path = tmp_path / "old"
        # The command itself refuses a database that lacks migrations.
        code = "from pathlib import Path; from volumes.backup.creation import back_up_to_file"
        made = older.run("shell", "-v0", "-c", f"{code}; back_up_to_file(Path({str(path)!r}))")
        assert made.returncode == 0, made.stderr
    assert "manage.py migrate" in restored(target, path)
    assert "lacks the migrations" in target.run("verify").stderr
    assert target.run("migrate").returncode == 0
    assert target.rows("SELECT username FROM accounts_user") == [("alice",)]


def test_backup_of_the_other_kind_of_database_is_refused(
    source: Installation, target: BareInstallation, backup: Path
) -> None:
    manifest = manifest_of(backup)
    vendor, name = {
        "sqlite": ("postgresql", "database.pgdump"),
        "postgresql": ("sqlite", "database.sqlite3"),
    }[manifest["vendor"]]

    def change(members: Members) -> None:
        members[name] = members.pop(manifest["database"]["name"])
        manifest["vendor"], manifest["database"]["name"] = vendor, name
        members["manifest.json"] = json.dumps(manifest).encode()

    assert "move_database" in refused(target, rewritten(backup, change))


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "manifest.json"])
def test_name_in_the_manifest_is_no_path(target: BareInstallation, backup: Path, name: str) -> None:
    database = manifest_of(backup)["database"]
    assert "damaged" in refused(target, with_manifest(backup, database={**database, "name": name}))


@pytest.mark.parametrize(
    "values", [{"format": 2}, {"product": "other"}, {"tables": 3}, {"secret_key": None}]
)
def test_manifest_that_makes_no_sense_is_refused(
    target: BareInstallation, backup: Path, values: dict[str, Any]
) -> None:
    refused(target, with_manifest(backup, **values))


def test_more_than_is_described_is_refused(target: BareInstallation, backup: Path) -> None:
    more = rewritten(backup, lambda members: members.update(more=b"x"))
    assert "more than it describes" in refused(target, more)

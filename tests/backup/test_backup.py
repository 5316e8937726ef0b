"""backup."""

from __future__ import annotations

import stat
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.backup.archives import manifest_of, members_of
from tests.support.installation import ROOT, Installation


def test_backup_has_database_and_key_and_is_private(backup: Path, source: Installation) -> None:
    members = members_of(backup)
    names, manifest = list(members), manifest_of(backup)
    key = members["secret_key"].decode().strip()
    assert names[:2] == ["manifest.json", "secret_key"]
    assert len(names) == 3
    assert key == (source.home / "secret_key").read_text()
    assert manifest["tables"]["volumes_volume"] == 2
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_backup_says_how_to_copy_the_storage(source: Installation, tmp_path: Path) -> None:
    done = source.run("backup", str(tmp_path / "b"))
    assert (
        f"rsync -aHAXS --numeric-ids --exclude=/.tmp/ --exclude=/.trash/ {source.home}/volumes/"
        in (done.stdout)
    )


def test_standard_output_has_the_backup_only(source: Installation, tmp_path: Path) -> None:
    path = tmp_path / "b"
    with path.open("wb") as file:
        done = subprocess.run(
            [sys.executable, "manage.py", "backup", "-"],
            cwd=ROOT,
            env=source.environ,
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=True,
        )
    assert tarfile.is_tarfile(path)
    assert "rsync" in done.stderr


def test_existing_file_is_never_overwritten(source: Installation, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("precious")
    done = source.run("backup", str(path))
    assert (done.returncode, path.read_text()) == (1, "precious")
    assert "exists already" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_missing_directory_is_one_line(source: Installation, tmp_path: Path) -> None:
    done = source.run("backup", str(tmp_path / "missing" / "b"))
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_nothing_but_the_backup_is_left(backup: Path, source: Installation) -> None:
    assert [path.name for path in backup.parent.iterdir() if path.is_file()] == ["backup"]
    assert not list(backup.parent.glob(".holdfast-backup-*"))
    assert not list(source.home.glob(".holdfast-backup-*"))


def test_missing_argument_is_wrong_usage(source: Installation) -> None:
    assert source.run("backup").returncode == 2


def test_full_disk_leaves_nothing(source: Installation, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the write fails in the same way."""
    path = tmp_path / "b"
    command = f"ulimit -f 16; exec {sys.executable} manage.py backup {path}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=source.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not path.exists()
    assert not list(tmp_path.glob(".holdfast-backup-*"))

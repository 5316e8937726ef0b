"""The commands in the chapters on backups work, word for word."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.documents import DOCS, fenced
from tests.support.installation import ROOT, BareInstallation, Installation
from tests.support.needs import needs

pytestmark = needs(shutil.which("rsync") is not None, "needs rsync")


def walk(
    name: str, installation: BareInstallation, backups: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the commands of a chapter with the places of this test."""
    script = fenced(DOCS / "operating.md", name)
    places = {
        ".venv/bin/python": sys.executable,
        "/var/backups/holdfast": str(backups),
        "/srv/holdfast": str(installation.storage_root),
        "make install\n": "",  # it would change the environment that this test runs in
    }
    for documented, here in (places | more).items():
        script = script.replace(documented, here)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=installation.environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_chapters_lead_from_a_running_installation_to_a_verified_one(
    source: Installation, target: BareInstallation, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    assert "Wrote" in walk("backup", source, backups).stdout
    assert "Restored" in walk("restore", target, backups).stdout
    (note,) = target.storage_root.glob("*/data/note")
    assert note.read_text() == "still here"
    (copied,) = target.storage_root.glob("*/snapshots/*/note")
    assert copied.read_text() == "still here"


def test_upgrade_of_a_current_installation_verifies_it(
    source: Installation, tmp_path: Path
) -> None:
    assert "No migrations to apply" in walk("upgrade", source, tmp_path).stdout


def test_storage_moves_to_another_disk(source: Installation, tmp_path: Path) -> None:
    disk = tmp_path / "new"
    walk("disk", source, tmp_path, **{"/mnt/new": str(disk)})
    assert source.run("verify", STORAGE_ROOT=str(disk)).returncode == 0


def test_storage_of_a_lost_database_is_taken_over(
    source: Installation, target: BareInstallation, tmp_path: Path
) -> None:
    shutil.copytree(source.storage_root, target.storage_root)
    made = target.bootstrap("Acme", "recovered", "alice", "--superuser")
    done = walk("lost", target, tmp_path, ENVIRONMENT=made["environmentId"])
    assert "2 directories became volumes" in done.stdout
    (note,) = target.storage_root.glob("*/data/note")
    assert note.read_text() == "still here"

"""kill -9 at any moment of a backup, a restore or a take-over: nothing half done is left, repeat it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from tests.backup.archives import manifest_of
from tests.support.installation import BareInstallation, Installation, Process

CONTENT = "SELECT name, size, version FROM volumes_volume ORDER BY name"
STEP = 0.15  # seconds between the moments


def killed_later_and_later(installation: BareInstallation, *command: str) -> int:
    """Kill the command after a longer time in each round, until it ends by itself. Return the rounds."""
    for number in range(1, 400):
        process = installation.start(*command)
        if _ends_within(process, number * STEP):
            assert process.returncode == 0, installation.log.read_text()
            return number
        process.kill()
        process.wait()
    raise AssertionError("it never ended")


def _ends_within(process: Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process.poll() is not None


def test_killed_backup_leaves_no_file_of_that_name(source: Installation, tmp_path: Path) -> None:
    path = tmp_path / "b"
    for number in range(1, 400):
        process = source.start("backup", str(path))
        has_ended = _ends_within(process, number * STEP)
        process.kill()
        process.wait()
        if path.exists():  # complete, whenever it was killed
            assert manifest_of(path)["tables"]["volumes_volume"] == 2
        if has_ended:
            break
        path.unlink(missing_ok=True)
    assert path.exists()


def test_a_terminated_backup_leaves_nothing(source: Installation, tmp_path: Path) -> None:
    path = tmp_path / "b"
    for number in range(1, 400):
        process = source.start("backup", str(path))
        has_ended = _ends_within(process, number * STEP)
        process.terminate()
        process.wait()
        if has_ended:
            break
    assert [one.name for one in tmp_path.iterdir()] == ["b"]


def test_killed_restore_can_be_repeated(target: BareInstallation, backup: Path) -> None:
    for number in range(1, 400):
        process = target.start("restore", str(backup))
        if _ends_within(process, number * STEP):
            break
        process.kill()
        process.wait()
    assert "is not empty" in target.log.read_text() or process.returncode == 0
    assert len(target.rows(CONTENT)) == 2
    assert target.rows("SELECT count(*) FROM django_session") == [(0,)]


def test_killed_take_over_can_be_repeated(source: Installation, target: BareInstallation) -> None:
    shutil.copytree(source.storage_root, target.storage_root)
    environment = target.bootstrap("Acme", "recovered", "alice")["environmentId"]
    killed_later_and_later(target, "take_over_storage", "--environment", environment)
    assert len(target.rows(CONTENT)) == 2
    verified = target.run("verify", "--settled")
    assert verified.returncode == 0, verified.stdout

"""Settings only read: DATA_DIR and its key are created by what runs the server and its commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.installation import ROOT

MANAGE = "manage.py"


def run(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(data), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", "import config.settings"),
        (MANAGE,),
        (MANAGE, "help"),
        (MANAGE, "--version"),
        (MANAGE, "check"),
        (MANAGE, "makemigrations", "--check", "--dry-run"),
    ],
    ids=" ".join,
)
def test_commands_that_only_read_create_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, data=tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [("-c", "import config.server.app"), ("-c", "import config.wsgi"), (MANAGE, "diffsettings")],
    ids=" ".join,
)
def test_servers_and_commands_create_the_directory_and_its_key(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    done = run(*arguments, data=data)
    assert done.returncode == 0, done.stderr
    assert data.stat().st_mode & 0o777 == 0o711
    assert [path.name for path in data.iterdir()] == ["secret_key"]
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("arguments", [("makemigrations", "--check", "--dry-run"), ("migrate",)])
def test_no_command_creates_files_that_others_can_read(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = run(MANAGE, *arguments, data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "holdfast.sqlite3").stat().st_mode & 0o777 == 0o600

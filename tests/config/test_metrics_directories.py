"""The shared metrics directory of a server's workers, and the cleanup after killed servers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.server import metrics_directories
from tests.support.needs import needs

LONG_AGO = (0, 0)


@pytest.fixture
def left() -> Iterator[Path]:
    """Create a directory that is named like that of a server."""
    path = Path("/dev/shm") / f"{metrics_directories.PREFIX}{uuid.uuid4().hex}"
    path.mkdir()
    yield path
    for root, directories, files in os.walk(path, topdown=False):
        for name in files:
            Path(root, name).unlink()
        for name in directories:
            Path(root, name).rmdir()
    path.rmdir() if path.exists() else None


def start() -> None:
    with metrics_directories.shared_directory():
        pass


def test_directory_of_a_killed_server_is_removed(left: Path) -> None:
    (left / "counter_1.db").write_bytes(b"1")
    os.utime(left, LONG_AGO)
    start()
    assert not left.exists()


def test_young_directory_is_kept(left: Path) -> None:
    start()
    assert left.exists()


def test_directory_with_subdirectories_is_kept(left: Path) -> None:
    (left / "deep" / "deeper").mkdir(parents=True)
    os.utime(left, LONG_AGO)
    start()
    assert (left / "deep" / "deeper").exists()


@needs(os.geteuid() == 0, "only root may give a directory away")
def test_files_of_another_user_are_kept(left: Path) -> None:
    (left / "counter_1.db").write_bytes(b"1")
    os.chown(left, 65534, 65534)
    os.utime(left, LONG_AGO)
    start()
    assert (left / "counter_1.db").exists()

"""check_storage."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.directories import let_others_enter
from tests.support.needs import needs
from volumes import storage
from volumes.models import Volume
from volumes.verification.storage import diagnose_storage

CHECK = "check_storage"
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def data(storage_root: Path, alices, volumes) -> Path:
    """The data of a volume, which holds a file."""
    volume = alices.post(volumes, {"name": "uploads", "size": 10}).json()
    path: Path = storage_root / volume["id"].removeprefix("vol-") / "data"
    (path / "file").write_text("precious")
    return path


def problems(run) -> list[tuple[str, str]]:
    """Return path and problem of each, after checking that every one comes with a cure."""
    outcome = run(CHECK, "--json")
    found = outcome.json["problems"]
    assert outcome.code == bool(found)
    assert outcome.json["ok"] == (not found)
    assert all(one["cure"] for one in found)
    return [(one["path"], one["problem"]) for one in found]


def test_a_healthy_storage_is_described(run, data, storage_root):
    outcome = run(CHECK)
    assert outcome.code == 0
    assert outcome.out.startswith(f"backend: directory\nroot: {storage_root}\n")
    assert outcome.out.endswith("Nothing is wrong.\n")
    facts = run(CHECK, "--json").json["facts"]
    assert {"user", "free", "free inodes", "file system", "mount options", "copies"} <= set(facts)
    assert sorted(path.name for path in storage_root.iterdir()) == sorted(
        [".holdfast", ".tmp", ".trash", data.parent.name]
    )


def test_each_problem_has_its_path_and_cure_in_one_line(run, storage_root):
    (storage_root / "junk\n").touch()
    outcome = run(CHECK)
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == (
        f"'{storage_root}/junk\\n' is not from Holdfast."
        " Look whose it is, and move it out of the storage."
    )
    assert outcome.err == "1 problem."


def test_a_missing_root(run, data, storage_root, tmp_path):
    storage_root.rename(tmp_path / "away")
    assert problems(run) == [(str(storage_root), "does not exist")]


def test_a_root_that_is_a_file(run, data, storage_root, tmp_path):
    storage_root.rename(tmp_path / "away")
    storage_root.touch()
    assert problems(run) == [(str(storage_root), "is not a directory")]


@pytest.mark.parametrize(
    ("marker", "problem"), [(None, "is missing"), ("other", "names another installation")]
)
def test_a_marker_of_another_installation(run, data, storage_root, marker, problem):
    (storage_root / ".holdfast").unlink()
    if marker:
        (storage_root / ".holdfast").write_text(marker)
    # Whose volumes these are is not known, so none is called missing.
    shutil.rmtree(data)
    storage.build_backend.cache_clear()
    assert problems(run) == [(f"{storage_root}/.holdfast", problem)]


def test_data_that_is_missing(run, data):
    shutil.rmtree(data)
    volume = Volume.objects.get()
    assert problems(run) == [
        (str(data), f"is missing or empty: it is the data of {volume.ref} uploads")
    ]
    assert f"manage.py accept_data {volume.ref}" in run(CHECK).out


def test_a_file_in_the_place_of_a_volume(run, storage_root):
    path = storage_root / "0199a000-0000-7000-8000-000000000001"
    path.touch()
    assert problems(run) == [(f"'{path}'", "is not a directory")]


def test_a_disk_that_is_almost_full(run, storage_root, monkeypatch):
    status = list(os.statvfs(storage_root))
    full = os.statvfs_result([*status[:2], 1000, 19, 19, 1000, 20, 20, *status[8:]])
    monkeypatch.setattr(os, "fstatvfs", lambda _: full)
    assert problems(run) == [(str(storage_root), "has 1.9% of its space left")]


@needs(IS_ROOT, "needs root, to give files away")
def test_a_root_of_another_user(run, storage_root):
    os.chown(storage_root, 61234, 61234)
    assert problems(run) == [(str(storage_root), "belongs to user 61234, not 0")]


@pytest.fixture
def mounted(data, storage_root: Path) -> Iterator[Path]:
    subprocess.run(["mount", "--bind", storage_root, storage_root], check=True)
    storage.build_backend.cache_clear()
    yield storage_root
    subprocess.run(["umount", "--lazy", storage_root], check=True)


@needs(IS_ROOT, "needs root, to mount")
def test_a_disk_that_is_mounted_read_only(run, mounted: Path):
    subprocess.run(["mount", "-o", "remount,bind,ro", mounted], check=True)
    assert problems(run) == [(str(mounted), "is on a file system that is mounted read-only")]


@needs(IS_ROOT, "needs root, to mount")
def test_a_disk_mounted_noexec_is_reported_as_a_fact(run, mounted: Path):
    subprocess.run(["mount", "-o", "remount,bind,rw,noexec", mounted], check=True)
    outcome = run(CHECK, "--json")
    assert outcome.code == 0
    assert "noexec" in outcome.json["facts"]["programs"]


@needs(IS_ROOT, "needs root, to be another user")
def test_data_that_the_servers_user_cannot_read(data, storage_root, tmp_path):
    """Another user owns the storage; the data belongs to root."""
    for path in (storage_root, *storage_root.iterdir()):
        os.chown(path, 61234, 61234)
    let_others_enter(tmp_path)
    data.chmod(0o700)
    os.seteuid(61234)
    try:
        # Not by the command, which opens the database first: that belongs to root here.
        found = diagnose_storage().problems
    finally:
        os.seteuid(0)
    assert [(one.path, one.problem) for one in found] == [
        (str(data), "cannot be read, so it cannot be measured or copied")
    ]


def test_the_memory_backend_has_nothing_to_examine(run, memory):
    assert run(CHECK).out.endswith("Nothing is wrong.\n")

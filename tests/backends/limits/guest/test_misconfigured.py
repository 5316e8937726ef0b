"""Disks whose project quotas are off or only half on: each says what is wrong, and the cure."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.backends.helpers import INSTALLATION
from volumes.backends.directory import Directory

MKFS = {
    "ext4": ("mkfs.ext4", "-q"),
    "ext4 with quotas": ("mkfs.ext4", "-q", "-O", "project,quota", "-E", "quotatype=prjquota"),
    "xfs": ("mkfs.xfs", "-q"),
}

Mount = Callable[..., Path]


@pytest.fixture
def mount(ground: Path) -> Iterator[Mount]:
    """`mount("xfs", "prjquota")` mounts a new file system with these options."""
    with ExitStack() as mounts:

        def mount(kind: str, *options: str) -> Path:
            image, place = ground / "image", ground / "place"
            with image.open("wb") as file:
                file.truncate(320 * 2**20)
            subprocess.run([*MKFS[kind], str(image)], check=True)
            place.mkdir()
            names = ",".join(["loop", *options])
            subprocess.run(["mount", "-o", names, str(image), str(place)], check=True)
            mounts.callback(subprocess.run, ["umount", str(place)], check=True)
            return place

        yield mount


def reason(place: Path) -> str:
    storage = Directory(str(place / "storage"), INSTALLATION)
    storage.prepare(INSTALLATION)
    can = storage.capabilities()
    handle = "0199a000-0000-7000-8000-000000000001"
    assert storage.create(handle, 10) is can.enforces_sizes
    storage.delete(handle)
    return can.no_enforcement_reason


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("ext4", [], ["ext4 file system has no project quotas", "tune2fs -O project,quota"]),
        ("ext4 with quotas", [], ["counts project quotas but does not enforce", "/etc/fstab"]),
        ("xfs", [], ["mounted without project quotas", "a remount changes nothing"]),
        ("xfs", ["pqnoenforce"], ["mounted without project quotas", "add prjquota"]),
    ],
    ids=["ext4 without", "ext4 that only counts", "XFS without", "XFS that only counts"],
)
def test_it_names_itself_and_its_cure(
    mount: Mount, kind: str, options: list[str], expected: list[str]
) -> None:
    place = mount(kind, *options)
    found = reason(place)
    assert [part for part in expected if part not in found] == []


@pytest.mark.parametrize("kind", ["ext4 with quotas", "xfs"])
def test_a_remount_changes_nothing_and_a_new_mount_does(mount: Mount, kind: str) -> None:
    place = mount(kind)
    subprocess.run(["mount", "-o", "remount,prjquota", str(place)], check=False)
    assert "a remount changes nothing" in reason(place)
    subprocess.run(["umount", str(place)], check=True)
    image = place.with_name("image")
    subprocess.run(["mount", "-o", "loop,prjquota", str(image), str(place)], check=True)
    assert reason(place) == ""

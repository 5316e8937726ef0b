"""Disks of one's own: file systems in a file, to be filled, locked and taken away."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.installation import eventually
from tests.support.needs import needs

needs_mounts = needs(
    os.geteuid() == 0 and bool(shutil.which("mkfs.ext4")) and Path("/dev/loop-control").exists(),
    "only root may mount a file system in a file, and only where the kernel has loop devices",
)

EXT4_IOC_SHUTDOWN = 0x8004587D


class Disk:
    """Mounted at `path`; `size` in MB."""

    def __init__(self, image: Path, path: Path, size: int) -> None:
        self.image, self.path = image, path
        self.filler = path / "filler"
        image.touch()
        os.truncate(image, size * 2**20)
        # No room that is kept for root, as which these tests run.
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
        path.mkdir(parents=True, exist_ok=True)
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self.image), str(self.path))

    def unmount(self) -> None:
        """Wait for whoever looks at something on it just now."""
        eventually(self._is_unmounted, 20)

    def _is_unmounted(self) -> bool:
        return subprocess.run(["umount", self.path], capture_output=True).returncode == 0

    def tear_out(self) -> None:
        """Take it away from under who uses it; what they have open stays theirs."""
        _run("umount", "--lazy", str(self.path))

    def break_down(self) -> None:
        """Every request to it is an input/output error from now on, until it is mounted anew."""
        fd = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack("I", 0))
        finally:
            os.close(fd)

    def remount(self, mode: str) -> None:
        """ "ro" or "rw"."""
        eventually(lambda: self._is_remounted(mode), 20)

    def _is_remounted(self, mode: str) -> bool:
        command = ["mount", "-o", f"remount,{mode}", str(self.path)]
        return subprocess.run(command, capture_output=True).returncode == 0

    def fill(self) -> None:
        """To the last block, for data and for directories."""
        self.filler.mkdir()
        zeros = f"of={self.filler / 'zeros'}"
        subprocess.run(["dd", "if=/dev/zero", zeros, "bs=4k"], capture_output=True)
        with pytest.raises(OSError, match="No space left"):
            self._use_up()

    def _use_up(self) -> None:
        for number in itertools.count():
            (self.filler / str(number)).mkdir()

    def free(self) -> None:
        shutil.rmtree(self.filler)


@contextmanager
def mounted(image: Path, path: Path, size: int) -> Iterator[Disk]:
    disk = Disk(image, path, size)
    try:
        yield disk
    finally:
        if os.path.ismount(path):
            disk.unmount()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)

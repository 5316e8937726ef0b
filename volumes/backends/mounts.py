"""What the kernel says about the mount of an open directory."""

from __future__ import annotations

from typing import NamedTuple

from .linux import mount_id


class Mount(NamedTuple):
    file_system: str
    source: str
    """What is mounted: a device, or a name that the file system chose."""
    options: list[str]
    point: str
    """Where it is mounted."""


def mount_of(fd: int) -> Mount | None:
    """Return the mount of the descriptor; None if /proc does not list it."""
    number = mount_id(fd).removeprefix("mnt_id:").strip()
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            here, _, there = line.partition(" - ")
            fields, described = here.split(), there.split()
            if fields[0] == number:
                source, point = _unescaped(described[1]), _unescaped(fields[4])
                return Mount(described[0], source, fields[5].split(","), point)
    return None


def _unescaped(path: str) -> str:
    for character in " \t\n\\":
        path = path.replace(f"\\{ord(character):03o}", character)
    return path

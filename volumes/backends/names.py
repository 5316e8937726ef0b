"""The only names that become host paths: UUIDs, checked, and leftovers made of them."""

import re
import secrets

from .base import BackendError, Found

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IDENTIFIER = re.compile(UUID)
_LEFTOVER = re.compile(rf"({UUID})(?:\.({UUID}))?\.[0-9a-f]+")


def is_ours(name: str) -> bool:
    return _IDENTIFIER.fullmatch(name) is not None


def checked(name: str) -> str:
    """The name, or a permanent error: nothing else may come near a path."""
    if not is_ours(name):
        raise BackendError(f"{name!r:.60} is not an identifier of the storage.", permanent=True)
    return name


def of(handle: str, snapshot: str | None = None) -> tuple[str, ...]:
    """The identifiers that name a volume, or one of its snapshots."""
    return (handle,) if snapshot is None else (handle, snapshot)


def prefix(handle: str, snapshot: str | None = None) -> str:
    """What the names of everything left of this volume, or of this snapshot, begin with."""
    return f"{handle}." if snapshot is None else f"{handle}.{snapshot}."


def first(handle: str, snapshot: str | None = None) -> str:
    """The name in a working directory that an attempt has if no other one is or was there."""
    return prefix(handle, snapshot) + "0"


def fresh(handle: str, snapshot: str | None = None) -> str:
    """A name in a working directory that no other attempt has."""
    return prefix(handle, snapshot) + secrets.token_hex(8)


def leftover(name: str) -> Found | None:
    """What an entry of a working directory was to become, or had been; None if it is not ours."""
    match = _LEFTOVER.fullmatch(name)
    return Found(match[1], match[2]) if match else None

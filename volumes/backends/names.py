"""Names that may become host paths: checked UUIDs, and names of leftovers built from them."""

import re
import secrets

from .base import BackendError, StoredItem

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IDENTIFIER = re.compile(UUID)
_LEFTOVER = re.compile(rf"({UUID})(?:\.({UUID}))?\.[0-9a-f]+")


def is_ours(name: str) -> bool:
    return _IDENTIFIER.fullmatch(name) is not None


def require_identifier(name: str) -> str:
    """Return the name. Raise a permanent BackendError unless it is a UUID: other text may be a path."""
    if not is_ours(name):
        raise BackendError(f"{name!r:.60} is not an identifier of the storage.", permanent=True)
    return name


def identifiers(handle: str, snapshot: str | None = None) -> tuple[str, ...]:
    """Return the identifiers of a volume, or of one of its snapshots."""
    return (handle,) if snapshot is None else (handle, snapshot)


def prefix(handle: str, snapshot: str | None = None) -> str:
    """Return the common prefix of the names of all leftovers of this volume or snapshot."""
    return f"{handle}." if snapshot is None else f"{handle}.{snapshot}."


def first_name(handle: str, snapshot: str | None = None) -> str:
    """Return the name that an attempt gets in a working directory if no other attempt has it."""
    return prefix(handle, snapshot) + "0"


def random_name(handle: str, snapshot: str | None = None) -> str:
    """Return a unique name for an attempt in a working directory."""
    return prefix(handle, snapshot) + secrets.token_hex(8)


def parse_leftover(name: str) -> StoredItem | None:
    """Return the volume or snapshot that an entry of a working directory belongs to.

    Returns None for a foreign name.
    """
    match = _LEFTOVER.fullmatch(name)
    return StoredItem(match[1], match[2]) if match else None

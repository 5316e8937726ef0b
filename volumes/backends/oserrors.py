"""Translate errors of the operating system into backend errors with their two texts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from . import layout
from .base import BackendError, StorageUnavailable
from .causes import cause_of
from .texts import quoted


@contextmanager
def translating_errors(doing: str, root: str) -> Iterator[None]:
    """Turn an OSError into BackendError "Could not <doing>: <cause>.".

    No such error is permanent: every cause may end.
    """
    try:
        yield
    except OSError as error:
        cause, path = cause_of(error), _path(error)
        below = _below(root, path)
        path_in_volume = layout.path_in_volume(below)
        raise BackendError(
            f"Could not {doing}: {cause.tenant}{_at(path_in_volume)}.",
            f"Could not {doing}: {cause.operator}{_at(os.path.join(root, below) if below else path)}.",
        ) from error


@contextmanager
def as_unavailable(doing: str) -> Iterator[None]:
    """Turn an OSError into StorageUnavailable, for operations on the storage as a whole."""
    try:
        yield
    except OSError as error:
        reason = f"{cause_of(error).operator}{_at(_path(error))}"
        raise StorageUnavailable(f"Could not {doing}: {reason}.") from error


def _path(error: OSError) -> str:
    """Return the path that the error names; "" if it names none or a descriptor."""
    return os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""


def _below(root: str, path: str) -> str:
    """Return the path relative to the storage root; "" if it is outside."""
    top = os.path.realpath(root).rstrip("/") + "/"
    return path.removeprefix(top) if path.startswith(top) else ""


def _at(path: str) -> str:
    return f" (at {quoted(path)})" if path else ""

"""What the operating system says, as errors of the storage with their two texts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from . import layout
from .base import BackendError, StorageUnavailable
from .causes import cause_of
from .texts import quoted


@contextmanager
def told(doing: str, root: str) -> Iterator[None]:
    """Turn an OSError into "Could not <doing>: <cause>."; all of them may pass, so none is
    permanent."""
    try:
        yield
    except OSError as error:
        cause, path = cause_of(error), _path(error)
        below = _below(root, path)
        inside = layout.inside(below)
        raise BackendError(
            f"Could not {doing}: {cause.tenant}{_at(inside)}.",
            f"Could not {doing}: {cause.operator}{_at(os.path.join(root, below) if below else path)}.",
        ) from error


@contextmanager
def unavailable(doing: str) -> Iterator[None]:
    """Turn an OSError into StorageUnavailable: what failed concerns the storage as a whole."""
    try:
        yield
    except OSError as error:
        reason = f"{cause_of(error).operator}{_at(_path(error))}"
        raise StorageUnavailable(f"Could not {doing}: {reason}.") from error


def _path(error: OSError) -> str:
    """The path that the error names, if any: descriptors are no names."""
    return os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""


def _below(root: str, path: str) -> str:
    """The path below the storage root; empty if it is not there."""
    top = os.path.realpath(root).rstrip("/") + "/"
    return path.removeprefix(top) if path.startswith(top) else ""


def _at(path: str) -> str:
    return f" (at {quoted(path)})" if path else ""

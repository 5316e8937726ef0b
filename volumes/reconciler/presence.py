"""Check whether a volume's own data is there. A directory of the right name proves nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from config.units import size
from volumes.backends import Backend, BackendError, DataState
from volumes.models import Volume
from volumes.storage import storage


class LastSeen(Protocol):
    """What a row knows about its data."""

    @property
    def was_empty(self) -> bool: ...

    @property
    def is_accepted(self) -> bool: ...


def is_present(volume: LastSeen, state: DataState) -> bool:
    """Return whether the directory in this state is the volume's data.

    Marked data is, and so is data that was restored by hand. An empty directory is only if the volume
    was empty when it was last measured, or an operator accepted it.
    """
    if state is DataState.EMPTY:
        return volume.was_empty or volume.is_accepted
    return state is not DataState.MISSING


def check_data(volume: Volume, backend: Backend) -> DataState | None:
    """Check whether the data is there, and mark unmarked data.

    Returns None, or the state of what is there instead of the data. Raises BackendError.
    """
    handle = str(volume.pk)
    state = backend.state(handle)
    if not is_present(volume, state):
        return state
    if state is not DataState.OWN:
        backend.accept(handle)
    return None


def missing_message(volume: Volume, state: DataState, since: datetime) -> str:
    """Return the message for tenants about missing data."""
    missing = f"Its data is missing since {since:%Y-%m-%d %H:%M} UTC"
    if state is DataState.MISSING:
        return f"{missing}. Nothing was made in its place; once the data is back, so is the volume."
    held = (
        "what it held was never measured"
        if volume.used_size is None
        else f"it held {size(volume.used_size)}"
    )
    return (
        f"{missing}: a directory is there again, but it is empty; {held}. Once the data is back, so"
        " is the volume. An operator can accept the empty directory instead."
    )


def missing_detail(volume: Volume, state: DataState, backend: Backend, since: datetime) -> str:
    """Return the message for operators about missing data, with path and cure."""
    source = backend.source(str(volume.pk))
    cure = f"Put the data back at {source}"
    if state is DataState.EMPTY:
        cure += f", or run `manage.py accept_data {volume.ref}` to accept the empty directory there"
    return f"{missing_message(volume, state, since)} {cure}."


def acceptance_blocker(volume: Volume) -> str | None:
    """Return why the directory in the place of a volume's data cannot be accepted, None if it can."""
    backend, handle = storage(), str(volume.pk)
    source = backend.source(handle)
    try:
        state = backend.state(handle)
    except BackendError as error:
        return error.detail
    if volume.provisioned_size is None:
        return f"It was not created yet. Move away what lies at {source}; then it is created."
    if state is DataState.OWN:
        return "Its own data is there: there is nothing to accept."
    if state is DataState.MISSING:
        return f"There is no directory at {source} to accept."
    return None

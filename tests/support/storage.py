"""A storage in memory that fails when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from volumes.backends import BackendError, DataState
from volumes.backends.memory import Memory


class Fallible(Memory):
    """`fail("create")` breaks one operation until `heal()`; `before` is called ahead of each."""

    shared = True

    def __init__(self) -> None:
        super().__init__("tests")
        self.broken: dict[str, Exception] = {}
        self.unreadable: set[str] = set()
        self.before: dict[str, Callable[[str], Any]] = {}
        self.calls: list[tuple[str, str]] = []

    def fail(self, operation: str, error: Exception | None = None) -> None:
        self.broken[operation] = error or BackendError("The disk is full.")

    def heal(self) -> None:
        self.broken.clear()
        self.unreadable.clear()
        self.before.clear()

    def unmount(self) -> None:
        self.owner = None

    def mount(self) -> None:
        self.owner = self.installation

    def close(self, handle: str) -> None:
        """Nothing of it can be looked at any more."""
        self.unreadable.add(handle)

    def lose(self, handle: str) -> None:
        """Somebody removes the data behind everybody's back."""
        del self.volumes[handle]

    def bring_back(self, handle: str) -> None:
        self.volumes[handle] = 0.0

    def replace(self, handle: str, *, file: bool = False) -> None:
        """Somebody puts another directory where the data is, or was."""
        self.volumes.pop(handle, None)
        self.foreign[handle, None] = file

    def _meddle(self, operation: str, handle: str) -> None:
        self.calls.append((operation, handle))
        if hook := self.before.pop(operation, None):
            hook(handle)
        if error := self.broken.get(operation):
            raise error
        if handle in self.unreadable:
            raise self._denied(handle)

    def _denied(self, handle: str) -> BackendError:
        return BackendError("Permission denied.", f"Permission denied (at '/srv/{handle}').")

    def create(self, handle: str, size: int) -> bool:
        self._meddle("create", handle)
        return super().create(handle, size)

    def clone(self, handle: str, snapshot: str, target: str, size: int) -> bool:
        self._meddle("clone", target)
        return super().clone(handle, snapshot, target, size)

    def grow(self, handle: str, size: int) -> bool:
        self._meddle("grow", handle)
        return super().grow(handle, size)

    def state(self, handle: str, snapshot: str | None = None) -> DataState:
        self._meddle("state", handle)
        return super().state(handle, snapshot)

    def last_changed(self, handle: str, snapshot: str | None = None) -> float:
        self._meddle("last_changed", handle)
        return super().last_changed(handle, snapshot)

    def usage(self, handle: str) -> int:
        self._meddle("usage", handle)
        return super().usage(handle)

    def delete(self, handle: str) -> None:
        self._meddle("delete", handle)
        super().delete(handle)

    def snapshot(self, handle: str, snapshot: str, since: float | None = None) -> float:
        self._meddle("snapshot", handle)
        return super().snapshot(handle, snapshot, since)

    def delete_snapshot(self, handle: str, snapshot: str) -> None:
        self._meddle("delete_snapshot", handle)
        super().delete_snapshot(handle, snapshot)

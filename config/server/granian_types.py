"""Types of the objects that granian passes to a worker's scheduler. Its package has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Message = dict[str, Any]


class Pending(Protocol):
    """A future. Its callback runs in one of granian's threads, or in the thread that cancels it."""

    def add_done_callback(self, callback: Callable[[Pending], None]) -> None: ...
    def cancel(self) -> bool: ...
    def cancelled(self) -> bool: ...
    def result(self) -> Message: ...


class Channel(Protocol):
    """The channel of an ASGI request, which delivers its body and sends its response.

    Both methods return a Pending if the caller must wait, else an object without callbacks.
    """

    def receive(self) -> Pending | object: ...
    def send(self, message: Message) -> Pending | object: ...


class Watcher(Protocol):
    """A request."""

    scope: dict[str, Any]
    proto: Channel

    def err(self, error: BaseException) -> None: ...


def as_pending(returned: Pending | object) -> Pending | None:
    """Return the future to wait for, or None if there is nothing to wait for."""
    return returned if hasattr(returned, "add_done_callback") else None  # type: ignore[return-value]


class InlineLoop:
    """Replaces an event loop.

    With it, granian's futures call back at once, in the thread that completes them.
    """

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: object = None
    ) -> None:
        callback(*args)

    call_soon_threadsafe = call_soon

"""What granian hands to a worker's scheduler. Its own package has no types for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Message = dict[str, Any]


class Pending(Protocol):
    """A future. Its callback runs in one of granian's threads, or in the one that cancels it."""

    def add_done_callback(self, callback: Callable[[Pending], None]) -> None: ...
    def cancel(self) -> bool: ...
    def cancelled(self) -> bool: ...
    def result(self) -> Message: ...


class Channel(Protocol):
    """Of an ASGI request: where its body comes from and its response goes to.

    Both return a Pending where something has to be waited for, and else an object without callbacks.
    """

    def receive(self) -> Pending | object: ...
    def send(self, message: Message) -> Pending | object: ...


class Watcher(Protocol):
    """One request."""

    scope: dict[str, Any]
    proto: Channel

    def err(self, error: BaseException) -> None: ...


def as_pending(returned: Pending | object) -> Pending | None:
    """Return what has to be waited for, None if nothing has."""
    return returned if hasattr(returned, "add_done_callback") else None  # type: ignore[return-value]


class InlineLoop:
    """Stands in for an event loop.

    Granian's futures call back at once, in the thread that completes them.
    """

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: object = None
    ) -> None:
        callback(*args)

    call_soon_threadsafe = call_soon

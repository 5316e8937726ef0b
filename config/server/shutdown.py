"""The graceful end of a worker, which answers the requests of open connections first.

When granian stops, it closes connections whose first request has not arrived. A client that has just
connected would lose its request. So the worker first accepts no further connections, and stops a moment
later.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

from config.limits import LAST_REQUEST_TIMEOUT
from config.server import sockets

INTERVAL = 0.05  # seconds between two checks

is_ending = threading.Event()
"""Set when this worker should end. Its responses then have `Connection: close`."""


def on_signal(port: int, stop: Callable[[], None]) -> None:
    """Make SIGTERM and SIGINT end this worker gracefully."""

    def end(number: int, frame: object) -> None:
        is_ending.set()
        sockets.stop_listening(port)
        _wait_for_requests(port)  # in the main thread, which only waits
        stop()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)


def _wait_for_requests(port: int) -> None:
    deadline = time.monotonic() + LAST_REQUEST_TIMEOUT
    time.sleep(INTERVAL)  # a connection may just have been accepted
    while sockets.is_connected(port) and time.monotonic() < deadline:
        time.sleep(INTERVAL)

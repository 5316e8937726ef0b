"""How a worker ends: what was asked of it is answered first.

Granian closes, once told to stop, the connections whose first request has not come yet. A client that
has connected is about to send it: to that client, its request would be lost. So the worker takes no
further connections first, and stops a moment later.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

from config.limits import LAST_REQUEST_TIMEOUT
from config.server import sockets

INTERVAL = 0.05  # seconds between two looks

is_ending = threading.Event()
"""Set once this worker is to end. Its responses say `Connection: close` then."""


def on_signal(port: int, stop: Callable[[], None]) -> None:
    """Have SIGTERM and SIGINT end this worker."""

    def end(number: int, frame: object) -> None:
        is_ending.set()
        sockets.stop_listening(port)
        _wait_for_requests(port)  # in the main thread, which has nothing else to do
        stop()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)


def _wait_for_requests(port: int) -> None:
    deadline = time.monotonic() + LAST_REQUEST_TIMEOUT
    time.sleep(INTERVAL)  # a connection may just have been taken
    while sockets.is_connected(port) and time.monotonic() < deadline:
        time.sleep(INTERVAL)

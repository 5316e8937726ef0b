"""Threads that take steps beside a request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

log = logging.getLogger("holdfast.reconciler")

pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="step")


def in_thread(work: Callable[[], object]) -> None:
    """Work as a pool's thread does it: nothing it raises is lost, no connection stays behind.

    What is given up here is still written in its row, so the next sweep takes it up again.
    """
    try:
        work()
    except Exception:
        log.exception("a step was given up")
    finally:
        connection.close()

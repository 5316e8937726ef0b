"""Whether a server works with the database, for commands that replace or leave it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

MAX_END = 2.0  # seconds in which sessions of processes that have just ended go


@contextmanager
def announce_server() -> Iterator[None]:
    """Tell `server_in_use` of other processes that a server works with the database.

    SQLite does not know its users, so a file beside the database is locked for them. PostgreSQL does.
    """
    if connection.vendor != "sqlite":
        yield
        return
    lock = os.open(_lock_file(), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)  # others hold it exclusively for a moment only
        yield
    finally:
        os.close(lock)


def server_in_use() -> bool:
    """Return whether another process of Holdfast works with the database of the settings."""
    deadline = time.monotonic() + MAX_END
    while _has_users():
        if time.monotonic() > deadline:
            return True
        time.sleep(0.1)
    return False


def _has_users() -> bool:
    if connection.vendor == "sqlite":
        return _is_locked(_lock_file())
    own = connection.settings_dict["OPTIONS"]["application_name"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE %s AND application_name <> %s LIMIT 1",
            ["holdfast %", own],
        )
        return cursor.fetchone() is not None


def _lock_file() -> Path:
    return Path(f"{connection.settings_dict['NAME']}-serving")


def _is_locked(path: Path) -> bool:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False

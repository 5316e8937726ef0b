"""Which errors of the database mean that it does not answer, and which that it was asked nonsense."""

from __future__ import annotations

import sqlite3

from django.db import InterfaceError, OperationalError

PROGRAM_LIMITS = "54"
"""SQLSTATE class of statements that PostgreSQL cannot work through: too complex, too many columns."""


def is_database_unavailable(error: BaseException | None) -> bool:
    """Whether the connection is lost, a lock or a wait timed out, or the server cannot go on.

    An engine that refuses the statement itself is a bug of ours: with the same input it will refuse it
    again, however often the caller tries.
    """
    if isinstance(error, InterfaceError):
        return True
    return isinstance(error, OperationalError) and not _is_about_the_statement(error.__cause__)


def _is_about_the_statement(cause: BaseException | None) -> bool:
    # SQLite's generic code: expression tree too large, too many variables or columns. A missing table
    # is what it finds in the empty file that it makes in the place of a database whose disk is away.
    if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return not str(cause).startswith("no such table")
    return str(getattr(cause, "sqlstate", None) or "").startswith(PROGRAM_LIMITS)

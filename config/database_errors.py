"""Distinguishes an unavailable database from a statement that it cannot execute."""

from __future__ import annotations

import sqlite3

from django.db import InterfaceError, OperationalError

PROGRAM_LIMITS = "54"
"""The SQLSTATE class of statements that exceed PostgreSQL's limits: too complex, too many columns."""


def is_database_unavailable(error: BaseException | None) -> bool:
    """Whether the connection was lost, a lock or a wait timed out, or the server cannot continue.

    If the database refuses the statement itself, that is a bug in Holdfast: retrying would not help.
    """
    if isinstance(error, InterfaceError):
        return True
    return isinstance(error, OperationalError) and not _is_about_the_statement(error.__cause__)


def _is_about_the_statement(cause: BaseException | None) -> bool:
    # SQLite's generic code: expression tree too large, too many variables or columns. A missing table is
    # the exception: if the disk of the database is not mounted, SQLite creates an empty file instead.
    if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return not str(cause).startswith("no such table")
    return str(getattr(cause, "sqlstate", None) or "").startswith(PROGRAM_LIMITS)

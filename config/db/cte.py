"""Several statements as one: PostgreSQL takes them as common table expressions."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from config.db.statements import Statement, fetch, is_postgresql, write


def execute(*statements: Statement) -> int:
    """Execute statements, as one where the database can: none may depend on what another one wrote.

    Returns how many rows the last one wrote.
    """
    if is_postgresql():
        return write(_compose(statements))
    return [write(one) for one in statements][-1]


def execute_if_locked(locks: Sequence[Statement], *statements: Statement) -> bool:
    """Execute statements if each of `locks`, which are SELECT … FOR UPDATE, finds a row; else nothing.

    Rows are locked in the order of `locks`. On PostgreSQL all becomes one statement, and its transaction,
    and so the locks, end with it. Returns whether the statements were executed.
    """
    if is_postgresql():
        return write(_compose(statements, locks)) > 0
    with transaction.atomic():
        if not all(fetch(lock) for lock in locks):
            return False
        execute(*statements)
    return True


def _compose(statements: Sequence[Statement], locks: Sequence[Statement] = ()) -> Statement:
    """Return one statement: each lock depends on the lock before it, and all else on the last lock."""
    expressions: list[str] = []
    condition = ""
    for number, lock in enumerate(locks):
        expressions.append(f"lock_{number} AS ({lock.text(condition)})")
        condition = f"EXISTS (SELECT FROM lock_{number})"
    *others, last = [one.text(condition) for one in statements]
    expressions += [f"write_{number} AS ({sql})" for number, sql in enumerate(others)]
    clause = f"WITH {', '.join(expressions)} " if expressions else ""
    values = [value for one in (*locks, *statements) for value in one.values]
    return Statement(f"{clause}{last}", values)

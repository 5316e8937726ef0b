"""Compares the migrations that the database has with those that the code has."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader


def schema_problem(*, using: str = DEFAULT_DB_ALIAS, will_migrate: bool = False) -> str:
    """Return why this code must not use the database, with the cure; empty if it may.

    `will_migrate`: migrations that are missing are no problem. Raises `django.db.Error`.
    """
    loader = MigrationLoader(connections[using])
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    unknown = sorted(set(loader.applied_migrations) - known)
    if unknown:
        return (
            f"The database is newer than this code, which does not know {_listed(unknown)}: install"
            " the version that migrated the database, or restore the backup from before the upgrade."
        )
    missing = sorted(set(loader.graph.nodes) - set(loader.applied_migrations))
    if missing and not will_migrate:
        return f"The database lacks the migrations {_listed(missing)}. Run: manage.py migrate"
    return ""


def refuse_newer_database(*, using: str, **_: Any) -> None:
    """Stop `migrate`, which ignores migrations that it does not know. Receives `pre_migrate`."""
    if problem := schema_problem(using=using, will_migrate=True):
        raise CommandError(problem)


def _listed(migrations: list[tuple[str, str]]) -> str:
    """Return the first two names and the number of the others."""
    names = [".".join(migration) for migration in migrations]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more

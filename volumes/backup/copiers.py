"""Chooses how the database of the settings is copied."""

from __future__ import annotations

from django.db import connection

from volumes.backup.databases import DatabaseCopier
from volumes.backup.postgresql import PostgresqlCopier
from volumes.backup.sqlite import SqliteCopier

_COPIERS: dict[str, type[DatabaseCopier]] = {
    one.vendor: one for one in (SqliteCopier, PostgresqlCopier)
}


def copier() -> DatabaseCopier:
    return _COPIERS[connection.vendor]()

"""Restore a backup into an empty installation."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from config.private_files import write_private
from config.setting_sources import is_set
from volumes.backup import archive
from volumes.backup.copiers import copier
from volumes.backup.creation import working_in
from volumes.backup.errors import BackupError
from volumes.backup.manifest import SECRET_KEY_FILE, Manifest, Migration
from volumes.backup.progress import counting_bytes, reporting
from volumes.models import ServerPolicy

MARKS_SINCE = ("volumes", "0008_data_identity")
"""Before this migration there are no marks; it accepts the data that is there by itself."""
_ACCEPT_DATA = (
    # The data comes back as a copy, which no mark identifies. `serve` marks it at its start.
    "UPDATE volumes_volume SET is_accepted = TRUE WHERE provisioned_size IS NOT NULL"
    " AND missing_since IS NULL AND NOT removal_started",
    "UPDATE volumes_snapshot SET is_accepted = TRUE WHERE taken_at IS NOT NULL",
)
# Sessions that ended after the backup would be valid again.
_END_SESSIONS = "DELETE FROM django_session"
_POLICY = ServerPolicy._meta.db_table


@dataclass(frozen=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    needs_migrate: bool
    """The backup is from an older version."""
    has_other_key: bool
    """The settings name a secret key other than that of the backup."""


def restore(source: IO[bytes]) -> Restored:
    """Restore the backup, all or nothing. Raises BackupError.

    An interrupted call leaves an installation that is empty, and can be repeated.
    """
    database = copier()
    if table := database.filled_table():
        raise BackupError(
            f"This installation is not empty: {table} has rows. Restore into a new DATA_DIR or an"
            " empty database."
        )
    with working_in(settings.DATA_DIR) as directory:
        with counting_bytes("checking the backup") as advance:
            manifest = archive.unpack(source, directory, advance)
        pending = _check_fits(manifest, database.vendor)
        path = directory / database.file_name
        database.check(path)
        key = (directory / SECRET_KEY_FILE).read_text(encoding="utf-8").strip()
        # Before the database: a restore that ends in between can be repeated.
        has_other_key = _keep_key(key)
        statements = list(_statements(manifest))
        with reporting("restoring the database") as report:
            database.load(path, manifest.tables, statements, report)
    return Restored(manifest, needs_migrate=pending, has_other_key=has_other_key)


def _statements(manifest: Manifest) -> Iterator[str]:
    """Yield what has to change in the restored database."""
    yield _END_SESSIONS
    if MARKS_SINCE in manifest.migrations:
        yield from _ACCEPT_DATA
    if _POLICY in manifest.tables:
        # No server has run here yet, whose settings a clean-up could be held to.
        yield f"DELETE FROM {_POLICY}"  # noqa: S608  (the name is the model's)


def _check_fits(manifest: Manifest, vendor: str) -> bool:
    """Return whether the database of the backup is older than the code. Raises BackupError."""
    if manifest.vendor != vendor:
        raise BackupError(
            f"The backup is of a {_NAMES.get(manifest.vendor, 'other')} database, and DATABASE_URL"
            f" names a {_NAMES[vendor]} one: restore it into {_NAMES[manifest.vendor]}, then run"
            " `manage.py move_database`."
        )
    known = set(MigrationLoader(None).disk_migrations)
    applied: set[Migration] = set(manifest.migrations)
    unknown = sorted(applied - known)
    if unknown:
        raise BackupError(
            f"The backup was made by a newer version of Holdfast ({'.'.join(unknown[0])} is not"
            " known here): install that version, or a newer one."
        )
    return bool(known - applied)


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _keep_key(key: str) -> bool:
    """Make the key that of DATA_DIR. Return whether the settings name another one instead."""
    if is_set("SECRET_KEY"):
        return not secrets.compare_digest(key.encode(), str(settings.SECRET_KEY).encode())
    write_private(Path(settings.DATA_DIR) / SECRET_KEY_FILE, key, replace=True)
    return False

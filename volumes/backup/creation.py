"""Make a backup."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils import timezone

from config.timestamps import rfc3339
from config.work_directories import work_directory
from volumes.backup import archive
from volumes.backup.copiers import copier
from volumes.backup.errors import BackupError
from volumes.backup.manifest import SECRET_KEY_FILE, Manifest
from volumes.backup.progress import counting_bytes, reporting

WORK_PREFIX = ".holdfast-backup-"


def back_up_to_file(path: Path) -> Manifest:
    """Write a backup to the new file `path`, and read it back before it gets that name.

    Raises BackupError. There is no file of that name then.
    """
    path = path.absolute()
    if os.path.lexists(path):
        raise _exists(path)
    with working_in(path.parent) as directory:
        manifest = _collect(directory)
        draft = directory / "backup"
        with (
            open(draft, "xb") as file,
            counting_bytes("writing", 2 * manifest.database.size) as advance,
        ):
            archive.write(file, manifest, directory, advance)
            file.flush()
            os.fsync(file.fileno())
            with open(draft, "rb") as written:
                archive.check(written, advance)
        _publish(draft, path)
    return manifest


def back_up_to_pipe(target: IO[bytes]) -> Manifest:
    """Write a backup to a pipe. Raises BackupError.

    The copy of the database is read back before; `restore` checks what arrived.
    """
    with working_in(settings.DATA_DIR) as directory:
        manifest = _collect(directory)
        with counting_bytes("writing", manifest.database.size) as advance:
            archive.write(target, manifest, directory, advance)
            target.flush()
    return manifest


@contextmanager
def working_in(parent: Path) -> Iterator[Path]:
    """Create a working directory, which disappears with the block. Raises BackupError.

    A full disk, for example, is a BackupError too.
    """
    try:
        with work_directory(parent, WORK_PREFIX) as directory:
            yield directory
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise BackupError(f"{error.strerror or error}{where}: nothing was kept.") from None


def _collect(directory: Path) -> Manifest:
    """Put the copy of the database and the key into the directory, and describe both."""
    database = copier()
    path = directory / database.file_name
    with reporting("copying the database") as report:
        content = database.save(path, report)
    database.check(path)
    key = directory / SECRET_KEY_FILE
    key.write_text(f"{settings.SECRET_KEY}\n", encoding="utf-8")
    return Manifest(
        created_at=str(rfc3339(timezone.now())),
        installation=content.installation,
        vendor=database.vendor,
        migrations=content.migrations,
        tables=content.tables,
        database=archive.describe(path),
        secret_key=archive.describe(key),
    )


def _publish(draft: Path, path: Path) -> None:
    """Give the finished file its name. A file that has got this name meanwhile stays."""
    draft.chmod(0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:
        # A file system without hard links.
        if os.path.lexists(path):
            raise _exists(path) from None
        draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _exists(path: Path) -> BackupError:
    return BackupError(f"{path} exists already: choose a name that is free, or move it away.")

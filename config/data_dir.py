"""DATA_DIR: what has to be there before the settings are read, which create nothing."""

import os
import secrets
from pathlib import Path

from config import env
from config.private_files import write_private
from config.setting_sources import BadSetting, is_set

BASE_DIR = Path(__file__).resolve().parent.parent

PRIVATE_UMASK = 0o077
"""The database and the keys are nobody else's to read; volumes have modes of their own."""


def location() -> Path:
    return env.directory("DATA_DIR", BASE_DIR / "data")


def storage_root() -> Path:
    return env.directory("STORAGE_ROOT", location() / "volumes")


def owner() -> tuple[int, int]:
    """Return user and group of DATA_DIR, or this process's own while it is missing."""
    try:
        status = location().stat()
    except FileNotFoundError:
        return os.geteuid(), os.getegid()
    except OSError as error:
        raise BadSetting("DATA_DIR", f"cannot be looked at: {error}") from None
    return status.st_uid, status.st_gid


def prepare(*, create: bool = True) -> None:
    """Keep what this process writes private, and create DATA_DIR and its key unless they are there.

    Of several processes that start at the same time, one creates the key.
    """
    os.umask(PRIVATE_UMASK)
    if create:
        path = location()
        _create_directory(path)
        if not is_set("SECRET_KEY"):
            _create_secret_key(path / "secret_key")


def _create_directory(path: Path) -> None:
    """Others may pass through it, to volumes."""
    try:
        path.mkdir(parents=True, mode=0o755)
        path.chmod(0o711)
    except FileExistsError:
        if not path.is_dir():
            raise BadSetting("DATA_DIR", f"is not a directory: {path}") from None
    except OSError as error:
        raise BadSetting("DATA_DIR", f"cannot be made: {error}") from None


def _create_secret_key(path: Path) -> None:
    try:
        if not path.exists():
            write_private(path, secrets.token_urlsafe(64), replace=False)
    except OSError as error:
        raise BadSetting("DATA_DIR", f"cannot keep the secret key: {error}") from None

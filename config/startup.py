"""What every process does before the settings are read."""

from __future__ import annotations

import os

from config import data_dir, env, settings_file
from config.service_user import become, described
from volumes.backends.registry import BACKENDS, DEFAULT_BACKEND, backend_class

READING_COMMANDS = frozenset(
    {"help", "--help", "-h", "version", "--version", "check", "makemigrations"}
)
"""Commands of `manage.py` that need neither the directory nor a key that stays, nor a certain user."""


def prepare(command: str = "help") -> None:
    """Check the user of this process, and create DATA_DIR unless the command only reads.

    What root creates belongs to the service's user. Raises SystemExit with one line.
    """
    creates = command not in READING_COMMANDS
    owner = _storage_owner()
    if os.getuid() == 0:
        _become(*(owner or data_dir.owner()))
    elif creates and owner and owner[0] != os.geteuid():
        raise SystemExit(
            f"holdfast: the storage {data_dir.storage_root()} belongs to {described(owner[0])}, and"
            f" this is {described(os.geteuid())}: run it as that user or as root, or chown the storage"
        )
    settings_file.refuse_other_owners()
    data_dir.prepare(create=creates)


def _storage_owner() -> tuple[int, int] | None:
    backend = backend_class(env.choice("STORAGE_BACKEND", DEFAULT_BACKEND, BACKENDS))
    return backend.storage_owner(str(data_dir.storage_root()))


def _become(uid: int, gid: int) -> None:
    """Turn root into the service's user. Raises SystemExit where it may not."""
    if uid == 0:
        return
    try:
        become(uid, gid)
    except OSError as error:
        raise SystemExit(
            f"holdfast: the storage belongs to {described(uid)}, and root may not act for that user"
            f" here ({error.strerror}): run it as that user"
        ) from None

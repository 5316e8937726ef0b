"""What every process does before the settings are read."""

from __future__ import annotations

import os

from config import data_dir, env
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
    if creates:
        _become_owner()
    data_dir.prepare(create=creates)


def _become_owner() -> None:
    """Turn root into the owner of the storage, or of DATA_DIR while there is no storage.

    Raises SystemExit for any other user than that owner.
    """
    root = data_dir.storage_root()
    backend = backend_class(env.choice("STORAGE_BACKEND", DEFAULT_BACKEND, BACKENDS))
    owner = backend.storage_owner(str(root))
    if os.getuid() != 0:
        if owner and owner[0] != os.geteuid():
            raise SystemExit(
                f"holdfast: the storage {root} belongs to {described(owner[0])}, and this is"
                f" {described(os.geteuid())}: run it as that user or as root, or chown the storage"
            )
        return
    uid, gid = owner or data_dir.owner()
    if uid != 0:
        try:
            become(uid, gid)
        except OSError as error:
            raise SystemExit(
                f"holdfast: the storage {root} belongs to {described(uid)}, and root may not act for"
                f" that user here ({error.strerror}): run it as that user"
            ) from None

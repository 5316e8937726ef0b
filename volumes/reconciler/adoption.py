"""Directories that an operator may adopt as volumes."""

from __future__ import annotations

from volumes.storage import storage


def adoptable_size(path: str) -> int:
    """Return the usage of the directory at `path` in MB (MiB), rounded up.

    Raises BackendError if the storage cannot adopt it.
    """
    return -(-storage().check_adoptable(path) // 2**20)

"""What an operator may take in as a volume."""

from __future__ import annotations

from volumes.storage import storage


def adoptable_size(path: str) -> int:
    """Return what the directory at `path` uses, in MB, rounded up.

    Raises BackendError if the storage cannot take it in.
    """
    return -(-storage().check_adoptable(path) // 2**20)

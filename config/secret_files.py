"""Files that hold a secret, such as a key: read only if nobody else could have written them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MAX_BYTES = 64 * 1024
"""Longer than any secret: another file was meant."""


class UnusableSecret(ValueError):
    """A secret that cannot be used. Says why, never what it is."""


def read_secret(path: Path) -> str:
    """Return the secret without the line end. Raises UnusableSecret."""
    try:
        with open(path, "rb", opener=_open) as file:
            # What is checked is what is read, whatever happens to the name.
            _check(os.fstat(file.fileno()))
            return _parse(file.read(MAX_BYTES + 1))
    except OSError as error:
        # Without the path: somebody may have set the secret itself in its place.
        raise UnusableSecret(f"cannot be read: {error.strerror}") from None


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnusableSecret("must be a regular file")
    if status.st_uid not in (0, os.geteuid()):
        raise UnusableSecret(
            f"belongs to user {status.st_uid}: it must belong to the server's user or to root"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnusableSecret(
            f"has mode {stat.S_IMODE(status.st_mode):04o}, so others can write it: chmod go-w"
        )


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe that nobody writes to must not block


def _parse(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise UnusableSecret(f"is longer than {MAX_BYTES} bytes")
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise UnusableSecret("is not UTF-8") from None
    if not text:
        raise UnusableSecret("is empty")
    if not text.isprintable():
        raise UnusableSecret("must hold one line of printable text and nothing else")
    return text

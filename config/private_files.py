"""Files that decide what the server does or hold its secrets: nobody else may have written them."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 64 * 1024
"""Longer than any secret or file of settings: another file was meant."""


class UnusableFile(ValueError):
    """A file that cannot be used. Says why, never what is in it or where it is."""


def read_secret(path: Path) -> str:
    """Return the one line of the file without its end. Raises UnusableFile."""
    text, owner = read_private(path)
    check_owner(owner)
    secret = text.strip()
    if not secret:
        raise UnusableFile("is empty")
    if not secret.isprintable():
        raise UnusableFile("must hold one line of printable text and nothing else")
    return secret


def read_private(path: Path) -> tuple[str, int]:
    """Return the text of a file that only its owner can write, and the owner. Raises UnusableFile."""
    try:
        with open(path, "rb", opener=_open) as file:
            # What is checked is what is read, whatever happens to the name.
            status = os.fstat(file.fileno())
            _check_kind_and_mode(status)
            return _decode(file.read(MAX_BYTES + 1)), status.st_uid
    except OSError as error:
        # Without the path: somebody may have set the secret itself in its place.
        raise UnusableFile(f"cannot be read: {error.strerror}") from None


def write_private(path: Path, text: str, *, replace: bool) -> None:
    """Write a file that only its owner can read, completely or not at all. Raises OSError.

    Without `replace`, an existing file stays, even one that another process creates meanwhile.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        draft.touch(mode=0o600)
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.rename(path)
        else:
            with suppress(FileExistsError):
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def check_owner(uid: int) -> None:
    """Raise UnusableFile unless the file belongs to root or to the user of this process."""
    if uid not in (0, os.geteuid()):
        raise UnusableFile(f"belongs to user {uid}: it must belong to the server's user or to root")


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe that nobody writes to must not block


def _check_kind_and_mode(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnusableFile("must be a regular file")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnusableFile(
            f"has mode {stat.S_IMODE(status.st_mode):04o}, so others can write it: chmod go-w"
        )


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise UnusableFile(f"is longer than {MAX_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UnusableFile("is not UTF-8") from None

"""The file format of a backup: a tar with `manifest.json`, `secret_key` and the copy of the database.

The manifest comes first and says how large the others are and what their digests are. `tar -xOf FILE
secret_key` prints the key.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from volumes.backup.errors import BackupError
from volumes.backup.manifest import MAX_BYTES, Manifest, Member

MANIFEST = "manifest.json"
MAX_KEY_BYTES = 64 * 1024
_CHUNK_BYTES = 2**20

Progress = Callable[[int], None]
"""Called with the number of bytes of each piece."""


def describe(path: Path) -> Member:
    """Return name, size and digest of a file."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Member(path.name, file.tell(), digest)


def write(target: IO[bytes], manifest: Manifest, directory: Path, progress: Progress) -> None:
    """Write the backup to a file or a pipe. The directory holds the members. Raises OSError."""
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        content = manifest.encode()
        tar.addfile(_header(MANIFEST, len(content)), io.BytesIO(content))
        for member in (manifest.secret_key, manifest.database):
            with open(directory / member.name, "rb") as file:
                tar.addfile(_header(member.name, member.size), _Watched(file, progress))


def unpack(source: IO[bytes], directory: Path, progress: Progress) -> Manifest:
    """Check a whole backup, and put its members into the directory. Raises BackupError, OSError.

    Only the two files that the manifest describes are written, under their fixed names.
    """
    return _read(source, lambda member: open(directory / member.name, "xb"), progress)


def check(source: IO[bytes], progress: Progress) -> Manifest:
    """Check a whole backup, and write nothing. Raises BackupError, OSError."""
    return _read(source, lambda member: open(os.devnull, "wb"), progress)


def _read(
    source: IO[bytes], open_target: Callable[[Member], IO[bytes]], progress: Progress
) -> Manifest:
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            manifest = Manifest.decode(_content(tar, MANIFEST, MAX_BYTES))
            if manifest.secret_key.size > MAX_KEY_BYTES:
                raise BackupError("The backup is damaged: its secret key is too long.")
            for member in (manifest.secret_key, manifest.database):
                with open_target(member) as target:
                    _copy(tar, member, target, progress)
            if tar.next() is not None:
                raise BackupError("The backup is damaged: it holds more than it describes.")
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"The backup is damaged, or is none: {error}.") from None
    return manifest


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(time.time())
    return header


def _next(tar: tarfile.TarFile, name: str) -> tuple[int, IO[bytes]]:
    """Return size and content of the next member, which must be a regular file of this name."""
    header = tar.next()
    if header is None or header.name != name or header.type != tarfile.REGTYPE:
        raise BackupError(f"The backup is damaged, or is none: it has no {name} where it belongs.")
    content = tar.extractfile(header)
    assert content is not None
    return header.size, content


def _content(tar: tarfile.TarFile, name: str, limit: int) -> bytes:
    size, content = _next(tar, name)
    if size > limit:
        raise BackupError(f"The backup is damaged, or is none: its {name} is too long.")
    return content.read()


def _copy(tar: tarfile.TarFile, member: Member, target: IO[bytes], progress: Progress) -> None:
    size, content = _next(tar, member.name)
    if size != member.size:
        raise BackupError(f"The backup is damaged: the size of its {member.name} is wrong.")
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
        progress(len(chunk))
    if digest.hexdigest() != member.sha256:
        raise BackupError(f"The backup is damaged: its {member.name} has another checksum.")


class _Watched(io.RawIOBase):
    """A file that reports what is read from it."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self.file = file
        self.progress = progress

    def read(self, size: int = -1) -> bytes:
        chunk = self.file.read(size)
        self.progress(len(chunk))
        return chunk

"""Write entries of the history to a file before they are removed: JSON, one entry a line."""

from __future__ import annotations

import json
import os
import secrets
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from accounts.models import Revision
from config import limits
from config.timestamps import rfc3339


class HistoryFile:
    """A complete export, readable by its owner only. Raises OSError if it cannot be written.

    The file gets its name once it is complete and on the disk, and replaces no other. It stays open, so
    that what is removed is what this file has, whatever happens to its name.
    """

    def __init__(self, path: Path, entries: Iterable[list[Revision]]) -> None:
        if os.path.lexists(path):
            raise FileExistsError(f"{path} exists already: name a new file")
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._stream: IO[str] = os.fdopen(os.open(draft, flags, 0o600), "r+", encoding="ascii")
        try:
            self.count = self._write(entries)
            if sum(len(batch) for batch in self.ids()) != self.count:
                raise OSError(f"{path} does not have the {self.count} entries that were written")
            if os.path.lexists(path):
                raise FileExistsError(f"{path} exists by now: name a new file")
            os.rename(draft, path)
            _sync_directory(path.parent)
        except BaseException:
            self.close()
            with suppress(FileNotFoundError):
                draft.unlink()
            raise

    def _write(self, entries: Iterable[list[Revision]]) -> int:
        count = 0
        for batch in entries:
            self._stream.writelines(f"{json.dumps(_line(entry))}\n" for entry in batch)
            count += len(batch)
        self._stream.flush()
        os.fsync(self._stream.fileno())
        return count

    def ids(self) -> Iterator[list[uuid.UUID]]:
        """Yield the ids of its entries, in batches."""
        self._stream.seek(0)
        batch: list[uuid.UUID] = []
        for line in self._stream:
            batch.append(uuid.UUID(json.loads(line)["id"]))
            if len(batch) == limits.RETENTION_BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch

    def close(self) -> None:
        self._stream.close()


def _line(entry: Revision) -> dict[str, Any]:
    return {
        "id": str(entry.pk),
        "at": rfc3339(entry.at),
        "companyIdRef": entry.company_id and str(entry.company_id),
        "envIdRef": entry.environment_id and str(entry.environment_id),
        "subject": entry.subject,
        "subjectId": entry.subject_id,
        "subjectName": entry.subject_name,
        "version": entry.version,
        "rank": entry.rank,
        "action": entry.action,
        "by": entry.by,
        "via": entry.via,
        "ip": entry.ip,
        "changes": entry.changes,
    }


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

"""The manifest: what a backup holds, so that `restore` can check all of it before it changes anything."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from volumes.backup.errors import BackupError

FORMAT = 1
MAX_BYTES = 2**20
"""A manifest has a line for each migration and table: far less."""

DATABASE_FILES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
"""The name of the copy of the database, for each kind of database."""
SECRET_KEY_FILE = "secret_key"  # noqa: S105  (the name of a file)

Migration = tuple[str, str]
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Member:
    """A file in the backup."""

    name: str
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    created_at: str
    """RFC 3339."""
    installation: str
    vendor: str
    """`sqlite` or `postgresql`: which kind of database the copy can be restored to."""
    migrations: list[Migration]
    """What is applied in the copy: app and name."""
    tables: dict[str, int]
    """The number of rows of each table."""
    database: Member
    secret_key: Member

    def encode(self) -> bytes:
        values = {"product": "holdfast", "format": FORMAT, **asdict(self)}
        return json.dumps(values, indent=1).encode()

    @classmethod
    def decode(cls, content: bytes) -> Manifest:
        """Raises BackupError unless this is the manifest of a backup that this version understands."""
        try:
            values = json.loads(content)
            product, version = values["product"], values["format"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise BackupError("This is not a backup of Holdfast.") from None
        if product != "holdfast":
            raise BackupError("This is not a backup of Holdfast.")
        if version != FORMAT:
            raise BackupError(
                f"The backup has format {version!r:.20}, this version reads {FORMAT}: use the"
                " version of Holdfast that made it, or a newer one."
            )
        try:
            return cls._parse(values)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BackupError("The backup is damaged: its manifest makes no sense.") from None

    @classmethod
    def _parse(cls, values: dict[str, Any]) -> Manifest:
        return cls(
            created_at=_text(values["created_at"]),
            installation=_text(values["installation"]),
            vendor=_text(values["vendor"]),
            migrations=[(_text(app), _text(name)) for app, name in values["migrations"]],
            tables={_text(name): _number(rows) for name, rows in values["tables"].items()},
            # Fixed names: a name from the file could be a path.
            database=_member(values["database"], DATABASE_FILES[values["vendor"]]),
            secret_key=_member(values["secret_key"], SECRET_KEY_FILE),
        )


def _member(values: dict[str, Any], name: str) -> Member:
    digest = _text(values["sha256"])
    if values["name"] != name or not _DIGEST.fullmatch(digest):
        raise ValueError(values)
    return Member(name, _number(values["size"]), digest)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(value)
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(value)
    return value

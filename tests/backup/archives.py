"""Reads and rewrites backups."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Members = dict[str, bytes]


def members_of(backup: Path) -> Members:
    """Return the content of each member, in the order of the file."""
    found = {}
    with tarfile.open(backup) as tar:
        for header in tar:
            content = tar.extractfile(header)
            assert content is not None
            found[header.name] = content.read()
    return found


def manifest_of(backup: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(members_of(backup)["manifest.json"])
    return manifest


def rewritten(backup: Path, change: Callable[[Members], None]) -> Path:
    """Return a copy of the backup with other members."""
    members = members_of(backup)
    change(members)
    path = backup.with_name("rewritten")
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return path


def with_manifest(backup: Path, **values: Any) -> Path:
    """Return a copy of the backup whose manifest has other values."""

    def change(members: Members) -> None:
        members["manifest.json"] = json.dumps({**manifest_of(backup), **values}).encode()

    return rewritten(backup, change)

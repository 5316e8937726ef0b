"""What a caller asks for when a snapshot is taken."""

from __future__ import annotations

from dataclasses import dataclass

from volumes.specs import parsers
from volumes.specs.parsers import COMMON, Body, Reader, Spec

KNOWN = COMMON | {
    *("volumeIdRef", "name", "size", "takenAt", "consistency", "status", "statusMessage"),
}


@dataclass(frozen=True, kw_only=True)
class SnapshotSpec(Spec):
    """The name of a new snapshot, None for the default."""

    name: str | None = None


def parse_snapshot(body: Body) -> SnapshotSpec:
    reader = Reader(body, known=KNOWN)
    return SnapshotSpec(
        name=reader.read("name", parsers.dns_label), problems=tuple(reader.problems)
    )

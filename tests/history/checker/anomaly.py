"""What cannot be true of a store that keeps its word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Anomaly:
    kind: str
    subject: str
    """The volume, snapshot, environment or key that it is about."""
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject} {self.what}"

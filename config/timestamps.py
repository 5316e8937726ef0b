"""Timestamps on the wire."""

from datetime import UTC, datetime


def rfc3339(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with six decimals and Z, always."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"

"""The volumes that every service starts with. Each is known by its number, from 1 on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

WORDS = (
    *("invoices", "orders", "customers", "sessions", "search", "cache", "reports", "mail"),
    *("images", "audit", "metrics", "queue", "ledger", "archive", "uploads", "catalogue"),
)
SIZE = 10
"""MB."""
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
"""When the first one was made; the others follow a millisecond apart."""

# The columns of the baselines; Holdfast has more.
COLUMNS = (
    *("id", "environment_id", "name", "size", "mount_path", "description", "labels", "protected"),
    *("status", "status_message", "provisioned_size", "used_size", "used_size_at", "is_deleted"),
    *("created_by", "modified_by", "version", "created_at", "modified_at"),
)


def volume_id(number: int) -> UUID:
    """Ordered by time, as Holdfast makes them: creation order is index order."""
    milliseconds = int(BEGIN.timestamp() * 1000) + number
    return UUID(f"{milliseconds:012x}70008000{number:012x}")


def volume_name(number: int) -> str:
    return f"{WORDS[number % len(WORDS)]}-{number:07d}"


def made_at(number: int) -> datetime:
    return BEGIN + timedelta(milliseconds=number)


def values(number: int, environment: UUID, by: str) -> tuple[object, ...]:
    """One row, in the order of COLUMNS: made, settled, never touched since."""
    name, at = volume_name(number), made_at(number)
    return (
        *(volume_id(number), environment, name, SIZE, f"/data/{name}", "", '{"tier": "database"}'),
        *(False, "ready", "", SIZE, None, None, False, by, by, 1, at, at),
    )


def rows(numbers: range, environment: UUID, by: str) -> Iterator[tuple[object, ...]]:
    return (values(number, environment, by) for number in numbers)

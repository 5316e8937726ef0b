"""Volumes in Holdfast's own tables, by plain SQL: settled, with their history, without data.

Nothing looks for their data in the hour after `settle`, which is longer than a benchmark takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.benchmarks import rows
from tests.benchmarks.databases import Database
from tests.benchmarks.rows import SIZE, made_at, volume_id, volume_name

QUOTA = 2**40
"""MB: more than any run takes, so that the rule is asked and never in the way."""

VOLUME = (*rows.COLUMNS, "attempts", "adopt_from", "removal_started", "detached_at")
REVISION = (
    *("id", "company_id", "environment_id", "subject", "subject_id", "subject_name", "version"),
    *("action", '"by"', "via", "ip", '"at"', "changes"),
)
USED = "(SELECT COALESCE(SUM(size), 0) FROM volumes_volume)"


def settle(database: Database) -> None:
    """Note the hourly work as just done, and set quotas."""
    database.execute(
        "UPDATE volumes_installation SET checked_at = CURRENT_TIMESTAMP,"
        " measured_at = CURRENT_TIMESTAMP"
    )
    database.execute("UPDATE volumes_environment SET storage_quota = %s", QUOTA)
    database.execute("UPDATE accounts_company SET storage_quota = %s", QUOTA)


def load(database: Database, numbers: range, made: dict[str, Any]) -> None:
    """Add the volumes of these numbers to the environment that `bootstrap` made."""
    company, environment = UUID(made["companyId"]), UUID(made["environmentId"])
    database.fill("volumes_volume", VOLUME, _volumes(numbers, environment, made["userId"]))
    revisions = _revisions(numbers, company, environment, made["userId"])
    database.fill("accounts_revision", REVISION, revisions)
    _count(database)


def forget(database: Database, *, beyond: UUID) -> None:
    """Remove what came after that volume, and count again what is used."""
    database.execute("DELETE FROM volumes_volume WHERE id > %s", beyond)
    database.execute("DELETE FROM accounts_revision WHERE id > %s", beyond)
    _count(database)


def _count(database: Database) -> None:
    database.execute(f"UPDATE volumes_environment SET storage_used = {USED}")
    database.execute(f"UPDATE accounts_company SET storage_used = {USED}")


def _volumes(numbers: range, environment: UUID, by: str) -> Iterator[tuple[object, ...]]:
    for number in numbers:
        yield (*rows.values(number, environment, by), 0, "", False, made_at(number))


def _revisions(
    numbers: range, company: UUID, environment: UUID, by: str
) -> Iterator[tuple[object, ...]]:
    for number in numbers:
        pk, name = volume_id(number), volume_name(number)
        changes = json.dumps({"name": [None, name], "size": [None, SIZE]})
        yield (
            *(pk, company, environment, "volume", str(pk), name, 1, "create"),
            *(by, "command", None, made_at(number), changes),
        )

"""What holds after every race and every fault, checked against database and disk, past the product."""

from __future__ import annotations

import json
from typing import Any

from tests.support.installation import PATIENCE, Installation, eventually

UNSETTLED = """
    SELECT 'volume', status, status_message FROM volumes_volume
    WHERE due_at IS NOT NULL OR lease_until IS NOT NULL OR status NOT IN ('ready', 'deleted')
    UNION ALL
    SELECT 'snapshot', status, status_message FROM volumes_snapshot AS snapshot
    WHERE due_at IS NOT NULL OR lease_until IS NOT NULL OR status != 'ready'
"""
"""Rows that are not where they should come to rest while nothing is wrong and no grace runs."""

LIVE = "SELECT id FROM volumes_volume WHERE NOT is_deleted"

MISCOUNTED = """
    SELECT environment.name, storage_used FROM volumes_environment AS environment
    WHERE storage_used != (
        SELECT COALESCE(SUM(size), 0) FROM volumes_volume
        WHERE environment_id = environment.id AND status != 'deleted')
    UNION ALL
    SELECT company.name, storage_used FROM accounts_company AS company
    WHERE storage_used != (
        SELECT COALESCE(SUM(storage_used), 0) FROM volumes_environment
        WHERE company_id = company.id)
"""

OVER_QUOTA = """
    SELECT name, storage_used FROM volumes_environment WHERE storage_used > storage_quota
    UNION ALL
    SELECT name, storage_used FROM accounts_company WHERE storage_used > storage_quota
"""

TWICE = """
    SELECT environment_id, name FROM volumes_volume WHERE NOT is_deleted
    GROUP BY environment_id, name HAVING COUNT(*) > 1
"""

VERSIONS = """
    SELECT subject_id, version FROM accounts_revision
    WHERE subject = 'volume' AND version IS NOT NULL ORDER BY subject_id, version
"""

ATTACHED_TO_NOTHING = """
    SELECT attachment.id FROM volumes_attachment AS attachment
    JOIN volumes_volume AS volume ON volume.id = volume_id
    JOIN volumes_application AS application ON application.id = application_id
    WHERE volume.is_deleted OR application.is_deleted
"""

IN_NO_ENVIRONMENT = """
    SELECT volume.id FROM volumes_volume AS volume
    JOIN volumes_environment AS environment ON environment.id = environment_id
    WHERE environment.is_deleted AND NOT volume.is_deleted
"""


def must_hold(installation: Installation, within: float = PATIENCE) -> None:
    """Wait until everything has settled, then check what must be true of every installation."""
    eventually(lambda: not installation.rows(UNSETTLED), within)
    assert not installation.rows(MISCOUNTED)
    assert not installation.rows(OVER_QUOTA)
    assert not installation.rows(TWICE)
    assert not installation.rows(ATTACHED_TO_NOTHING)
    assert not installation.rows(IN_NO_ENVIRONMENT)
    assert _history_of_versions(installation) == _versions(installation)
    assert not _shrunk(installation)
    # One backing for each live volume, none for a deleted one, nothing half made or half removed.
    assert installation.backings() == installation.ids(LIVE)
    assert leftovers(installation) == []


def leftovers(installation: Installation) -> list[str]:
    """What is being made or removed in the storage."""
    root = installation.storage_root
    return sorted(str(path) for area in (".tmp", ".trash") for path in root.glob(f"{area}/*"))


def _versions(installation: Installation) -> dict[str, list[int]]:
    """Every version that each volume must have had: from 1 on, without a gap."""
    rows = installation.rows("SELECT id, version FROM volumes_volume")
    return {str(pk).replace("-", ""): list(range(1, version + 1)) for pk, version in rows}


def _history_of_versions(installation: Installation) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for subject, version in installation.rows(VERSIONS):
        found.setdefault(str(subject).replace("-", ""), []).append(version)
    return found


def _shrunk(installation: Installation) -> list[Any]:
    """Changes of size in the history that went down."""
    rows = installation.rows("SELECT changes FROM accounts_revision WHERE subject = 'volume'")
    changes = [row if isinstance(row, dict) else json.loads(row) for (row,) in rows]
    sizes = [change["size"] for change in changes if "size" in change]
    return [size for size in sizes if size[0] is not None and size[1] < size[0]]

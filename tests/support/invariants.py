"""Invariants after every race and fault, checked by `verify`, the acknowledged changes and the disk."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

from tests.support.installation import PATIENCE, Installation, eventually

UNSETTLED = """
    SELECT 'volume', status, status_message FROM volumes_volume
    WHERE (due_at IS NOT NULL OR lease_until IS NOT NULL OR status NOT IN ('ready', 'deleted'))
    AND NOT (is_deleted AND grace_until IS NOT NULL AND grace_until > CURRENT_TIMESTAMP)
    UNION ALL
    SELECT 'snapshot', status, status_message FROM volumes_snapshot
    WHERE due_at IS NOT NULL OR lease_until IS NOT NULL OR NOT (status = 'ready' OR is_deleted
        OR (status = 'error' AND taken_at IS NULL AND take_until IS NULL))
"""
"""Rows that are not where they come to rest. A running grace is a rest, and so is the error of a snapshot
that could not be taken."""

KEPT = "SELECT id FROM volumes_volume WHERE status != 'deleted'"
ROWS = "SELECT id FROM volumes_volume"
LIVE = "SELECT id FROM volumes_volume WHERE NOT is_deleted"

Run = Callable[..., subprocess.CompletedProcess[str]]


def must_hold(installation: Installation, within: float = PATIENCE, run: Run | None = None) -> None:
    """Wait until everything has settled, then check the invariants of every installation.

    `run` replaces `installation.run`, if there is a faster way than a new process.
    """
    eventually(lambda: not installation.rows(UNSETTLED), within)
    done = (run or installation.run)("verify", "--settled", "--json")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert json.loads(done.stdout)["holds"]
    # What only the clients know: acknowledged changes, and data that nobody changed.
    assert installation.acknowledged.created <= installation.ids(ROWS)
    assert not installation.acknowledged.deleted & installation.ids(LIVE)
    assert {path: path.read_bytes() for path in installation.witnesses} == installation.witnesses
    # On disk: data for each volume and none for deleted ones, and nothing incomplete.
    assert installation.backings() == installation.ids(KEPT)
    assert leftovers(installation) == []


def leftovers(installation: Installation) -> list[str]:
    """Return the paths of incomplete creations and removals in the storage."""
    root = installation.storage_root
    return sorted(str(path) for area in (".tmp", ".trash") for path in root.glob(f"{area}/*"))

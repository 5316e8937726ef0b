"""The types of rows that the reconciler applies to the storage, as a table."""

from __future__ import annotations

from typing import Any

from volumes.models.base import Reconciled
from volumes.reconciler.targets.base import Rows, Target
from volumes.reconciler.targets.snapshot import SnapshotTarget
from volumes.reconciler.targets.volume import VolumeTarget

TARGETS: tuple[Target[Any], ...] = (VolumeTarget(), SnapshotTarget())

_BY_MODEL = {target.rows.model: target for target in TARGETS}


def target_of(row: Reconciled) -> Target[Any]:
    """Return the target of the row's type."""
    return _BY_MODEL[type(row)]


__all__ = ["TARGETS", "Rows", "Target", "target_of"]

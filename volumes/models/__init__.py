"""Models of environments, applications, volumes and snapshots."""

from volumes.models.attachment import Attachment
from volumes.models.environment import Application, Environment
from volumes.models.history_baseline import HistoryBaseline
from volumes.models.installation import Installation, StorageScan
from volumes.models.policy import ServerPolicy
from volumes.models.records import IdempotencyRecord, UsageSample
from volumes.models.snapshot import Consistency, Snapshot, SnapshotStatus
from volumes.models.storage_state import StorageState
from volumes.models.volume import Volume, VolumeStatus

__all__ = [
    "Application",
    "Attachment",
    "Consistency",
    "Environment",
    "HistoryBaseline",
    "IdempotencyRecord",
    "Installation",
    "ServerPolicy",
    "Snapshot",
    "SnapshotStatus",
    "StorageScan",
    "StorageState",
    "UsageSample",
    "Volume",
    "VolumeStatus",
]

"""Storage backends: `base` is their contract, `registry` lists them by name."""

from .base import (
    Backend,
    BackendError,
    Capabilities,
    Capacity,
    DataState,
    Diagnosis,
    LimitCheck,
    Measurement,
    SnapshotFacts,
    StorageProblem,
    StorageUnavailable,
    StoredItem,
    Unreadable,
)

__all__ = [
    "Backend",
    "BackendError",
    "Capabilities",
    "Capacity",
    "DataState",
    "Diagnosis",
    "LimitCheck",
    "Measurement",
    "SnapshotFacts",
    "StorageProblem",
    "StorageUnavailable",
    "StoredItem",
    "Unreadable",
]

"""Storage backends: `base` is their contract, `registry` lists them by name."""

from .base import Backend, BackendError, DataState, StorageUnavailable, StoredItem, Unreadable

__all__ = ["Backend", "BackendError", "DataState", "StorageUnavailable", "StoredItem", "Unreadable"]

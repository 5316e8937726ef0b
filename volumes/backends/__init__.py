"""Where the bytes are. `base` is the contract; each other module keeps it in its own way."""

from .base import Backend, BackendError, DataState, Found, StorageUnavailable, Unreadable

__all__ = ["Backend", "BackendError", "DataState", "Found", "StorageUnavailable", "Unreadable"]

"""Where the bytes are. `base` is the contract; each other module keeps it in its own way."""

from .base import Backend, BackendError, Found, StorageUnavailable

__all__ = ["Backend", "BackendError", "Found", "StorageUnavailable"]

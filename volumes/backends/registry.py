"""The storage backends, by the names that STORAGE_BACKEND gives them.

The settings take their choices from here. A class is imported only when it is chosen.
"""

from importlib import import_module

from .base import Backend

BACKENDS = {
    "directory": "volumes.backends.directory.Directory",
    "memory": "volumes.backends.memory.Memory",
}

DEFAULT_BACKEND = "directory"


def backend_class(name: str) -> type[Backend]:
    module, _, class_name = BACKENDS[name].rpartition(".")
    backend: type[Backend] = getattr(import_module(module), class_name)
    return backend

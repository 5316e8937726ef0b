"""Measure, copy and remove untrusted trees of files by descriptor.

A tree may be a thousand levels deep, deeper than PATH_MAX allows, and hostile. So this package
does not recurse, keep a descriptor for each level, build paths, follow links or enter mounts.
"""

from .assigning import assign
from .copying import copy
from .removal import remove
from .walk import measure, newest

__all__ = ["assign", "copy", "measure", "newest", "remove"]

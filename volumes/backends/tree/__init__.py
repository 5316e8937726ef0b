"""Trees of files that strangers made: measured, copied and removed by descriptor.

Nothing here recurses, keeps a descriptor for each level, builds a path, follows a link or enters
what is mounted inside: a tree may be a thousand levels deep, longer than any path may be, and full of
traps.
"""

from .copying import copy
from .removal import remove
from .walk import measure, newest

__all__ = ["copy", "measure", "newest", "remove"]

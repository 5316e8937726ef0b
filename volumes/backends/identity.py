"""Which directory it is: what no directory made later under the same name has in common with it."""

import hashlib
import re
from dataclasses import dataclass

from .linux import file_handle, inode_and_birth

TEXT = "[0-9a-f]+-[0-9a-f]+-[0-9a-f]+"
_TEXT = re.compile(TEXT)


@dataclass(frozen=True)
class Identity:
    """It survives renames and remounts; copies, and replacements of the same name, differ.

    The number of a device is no part of it: it changes when the machine starts again.
    """

    inode: int
    born: int
    """When it was made, in nanoseconds since the epoch; 0 where the file system does not say."""
    handle: str
    """A digest of the kernel's file handle, which holds the inode's generation; "0" where unknown."""

    @classmethod
    def of(cls, fd: int) -> "Identity":
        """Of an open directory; a descriptor of O_PATH is enough, whoever owns the directory."""
        handle = file_handle(fd)
        digest = hashlib.sha256(handle).hexdigest()[:16] if handle else "0"
        return cls(*inode_and_birth(fd), digest)

    @classmethod
    def parsed(cls, text: str) -> "Identity | None":
        if not _TEXT.fullmatch(text):
            return None
        inode, born, handle = text.split("-")
        return cls(int(inode, 16), int(born, 16), handle)

    def __str__(self) -> str:
        return f"{self.inode:x}-{self.born:x}-{self.handle}"

    def agrees_with(self, other: "Identity") -> bool:
        """Whether nothing that is known of both differs: another kernel may know more, or less."""
        return (
            self.inode == other.inode
            and _agree(self.born, other.born)
            and _agree(self.handle, other.handle)
        )


def _agree(one: object, other: object) -> bool:
    unknown = {0, "0"}
    return one == other or one in unknown or other in unknown

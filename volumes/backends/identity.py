"""Identity of a directory: it differs from every directory that gets the same name later."""

import hashlib
import re
from dataclasses import dataclass

from .linux import file_handle, inode_and_birth

TEXT = "[0-9a-f]+-[0-9a-f]+-[0-9a-f]+"
_TEXT = re.compile(TEXT)


@dataclass(frozen=True)
class Identity:
    """Identifies an inode across renames and remounts. Copies and replacements differ.

    It leaves out the device number, which may change when the machine restarts.
    """

    inode: int
    born: int
    """Birth time in nanoseconds since the epoch; 0 if the file system does not report it."""
    handle: str
    """Digest of the kernel's file handle, which contains the inode's generation; "0" if unknown."""

    @classmethod
    def of(cls, fd: int) -> "Identity":
        """Return the identity of an open directory. A descriptor of O_PATH is enough."""
        handle = file_handle(fd)
        digest = hashlib.sha256(handle).hexdigest()[:16] if handle else "0"
        return cls(*inode_and_birth(fd), digest)

    @classmethod
    def parse(cls, text: str) -> "Identity | None":
        if not _TEXT.fullmatch(text):
            return None
        inode, born, handle = text.split("-")
        return cls(int(inode, 16), int(born, 16), handle)

    def __str__(self) -> str:
        return f"{self.inode:x}-{self.born:x}-{self.handle}"

    def agrees_with(self, other: "Identity") -> bool:
        """Return whether all parts known of both are equal: kernels differ in what they report."""
        return (
            self.inode == other.inode
            and _agree(self.born, other.born)
            and _agree(self.handle, other.handle)
        )


def _agree(one: object, other: object) -> bool:
    unknown = {0, "0"}
    return one == other or one in unknown or other in unknown

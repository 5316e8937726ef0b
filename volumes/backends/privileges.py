"""What the server's user may do: its capabilities decide, not the number of its user."""

import os
from enum import IntEnum


class Capability(IntEnum):
    """Bits of the kernel's capability sets (linux/capability.h)."""

    CAP_CHOWN = 0
    CAP_DAC_OVERRIDE = 1
    CAP_FOWNER = 3


NEEDED = tuple(Capability)
"""What a server needs whose applications run as other users. Root has them, unless a container
dropped them."""


def missing_capabilities() -> list[str]:
    """The names of those that this process does not have."""
    effective = _effective()
    return [needed.name for needed in NEEDED if not effective >> needed & 1]


def _effective() -> int:
    with open("/proc/thread-self/status") as lines:
        found = next(line for line in lines if line.startswith("CapEff:"))
    return int(found.split()[1], 16)


def why_not_given(uid: int | None, gid: int | None) -> str:
    """Why this process cannot give volumes to that user and group, with the cure; empty if it can.

    None stands for its own. What belongs to another user can be measured, copied and removed only
    with every capability in NEEDED; a group of its own needs none.
    """
    missing = missing_capabilities()
    settings = []
    if uid not in (None, os.geteuid()) and missing:
        settings.append(f"VOLUME_UID={uid}")
    is_member = gid in (None, os.getegid(), *os.getgroups())
    if not is_member and Capability.CAP_CHOWN.name in missing:
        settings.append(f"VOLUME_GID={gid}")
    if not settings:
        return ""
    return (
        f"{' and '.join(settings)}: the server's user {os.geteuid()} lacks {', '.join(missing)}, so it"
        " cannot give volumes away and look after them; give it these capabilities (root has them),"
        " or leave the setting out"
    )

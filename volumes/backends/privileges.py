"""Privileges of the server's process: its capabilities count, not its user id."""

import os
from collections.abc import Iterable
from enum import IntEnum


class Capability(IntEnum):
    """Bits of the kernel's capability sets (linux/capability.h)."""

    CAP_CHOWN = 0
    CAP_DAC_OVERRIDE = 1
    CAP_FOWNER = 3
    CAP_SETGID = 6
    CAP_SETUID = 7
    CAP_SYS_ADMIN = 21


NEEDED = (Capability.CAP_CHOWN, Capability.CAP_DAC_OVERRIDE, Capability.CAP_FOWNER)
"""Capabilities that a server needs if applications run as other users. Root has them unless its
container dropped them."""

FOR_MOUNTING = tuple(Capability)
"""Capabilities that creating and mounting a pool takes."""


def missing_capabilities(needed: Iterable[Capability] = NEEDED) -> list[str]:
    """Return the names of needed capabilities that this process lacks."""
    effective = _effective()
    return [capability.name for capability in needed if not effective >> capability & 1]


def _effective() -> int:
    with open("/proc/thread-self/status") as lines:
        line = next(line for line in lines if line.startswith("CapEff:"))
    return int(line.split()[1], 16)


def ownership_problem(uid: int | None, gid: int | None) -> str:
    """Return why this process cannot give volumes to this user and group, with the cure.

    Returns "" if it can. None means the process's own. Data of another user can be measured, copied
    and removed only with every capability in NEEDED; one of the process's groups needs none.
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

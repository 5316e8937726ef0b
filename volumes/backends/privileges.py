"""What the server's user may do: its capabilities decide, not the number of its user."""

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

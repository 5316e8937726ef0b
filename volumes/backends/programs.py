"""Runs the programs of the host that make and mount file systems.

They run as root, also if the command acts for the service's user: mount(8) gives up the capabilities of
anybody else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from .base import StorageUnavailable
from .privileges import FOR_MOUNTING, missing_capabilities
from .texts import cut

TIMEOUT = 600  # seconds for each program; each takes less than one on a healthy disk

_PATH = f"{os.environ.get('PATH') or os.defpath}:/usr/sbin:/sbin"
_PACKAGES = {"mkfs.xfs": "xfsprogs", "xfs_growfs": "xfsprogs", "mount": "mount", "losetup": "mount"}


def require_root() -> None:
    """Raise StorageUnavailable without the capabilities or a program that pools need."""
    if missing := missing_capabilities(FOR_MOUNTING):
        raise StorageUnavailable(
            "A pool takes root on the host: run the command as root, outside of a container (this process"
            f" lacks {', '.join(missing)})."
        )
    for program, package in _PACKAGES.items():
        if shutil.which(program, path=_PATH) is None:
            raise StorageUnavailable(
                f"{program} is not installed: install it (Debian: apt-get install {package})."
            )


def run(program: str, *arguments: str, pass_fds: Sequence[int] = ()) -> str:
    """Run a program as root, and return its output. Raises StorageUnavailable with what it says."""
    try:
        done = subprocess.run(  # noqa: S603
            [shutil.which(program, path=_PATH) or program, *arguments],
            env={"PATH": _PATH, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            pass_fds=pass_fds,
            user=0,
            group=0,
            extra_groups=[],
        )
    except subprocess.TimeoutExpired:
        raise StorageUnavailable(f"{program} did not end within {TIMEOUT} s.") from None
    if done.returncode:
        says = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise StorageUnavailable(f"{program} failed: {cut(says, 300) or 'it gives no reason'}")
    return done.stdout.decode("utf-8", "replace")

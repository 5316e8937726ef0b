"""What a storage has reserved and limited, and what is left of other tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from config import faultpoints
from volumes.backends import projects
from volumes.backends.directory import Directory
from volumes.backends.project_quotas import Quota, get_next, set_limit

MIB = 2**20


def quotas(fd: int) -> Iterator[Quota]:
    """Yield the projects in use that volumes may have."""
    project = projects.FIRST
    while quota := get_next(fd, project):
        if quota.is_in_use:
            yield quota
        project = quota.project + 1


def limits(storage: Directory) -> dict[int, int]:
    """Return the limit in MB of each project that has one."""
    # XFS counts removed files for a moment longer, so what is in use is not looked at.
    with storage._root() as root:
        return {quota.project: quota.limit // MIB for quota in quotas(root) if quota.limit}


def reservations(storage: Directory) -> dict[int, str]:
    """Return the volume that owns each reserved project."""
    with storage._root() as root:
        return projects.reservations(root)


def write(path: Path, megabytes: int) -> int:
    """Write a file in pieces of 1 MB. Return the error at which that ended, 0 without one."""
    try:
        with path.open("ab", buffering=0) as file:
            for _ in range(megabytes):
                file.write(b"x" * MIB)
    except OSError as error:
        return error.errno or -1
    return 0


def assert_no_projects(storage: Directory) -> None:
    """Assert that no project is reserved or limited."""
    assert limits(storage) == {}
    assert reservations(storage) == {}


def remove_limits(fd: int) -> None:
    """Remove the limits of volumes that tests have removed without their storage."""
    for quota in list(quotas(fd)):
        set_limit(fd, quota.project, 0)


def is_killed_at(point: str, operation: Callable[[Directory], object], storage: Directory) -> bool:
    """Run the operation in a process that ends at once when it reaches the fault point."""
    child = os.fork()
    if child == 0:
        faultpoints.hook = lambda name: os._exit(9) if name == point else None
        operation(storage)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

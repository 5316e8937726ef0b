"""Give a whole tree to a project, while applications use it."""

import os
import stat

from config.faultpoints import faultpoint

from .. import project_quotas
from ..fds import ANYTHING, path_of
from ..linux import open_on_mount
from .cursor import Cursor
from .leases import Opener
from .walk import SKIPPED


def assign(fd: int, project: int) -> None:
    """Give every directory and regular file below `fd`, and itself, to the project.

    A directory comes before its entries, so that what is created meanwhile inherits the project. Links,
    FIFOs, sockets and devices cannot be given to a project. Entries that vanish and mounts are skipped.
    Raises OSError, with the path, if a file cannot be opened.
    """
    opener = Opener()
    with Cursor(fd) as here:
        # For each level, the directories still to visit.
        levels = [_assign_entries(here, project, opener)]
        while True:
            if levels[-1]:
                if _enter(here, levels[-1].pop()):
                    levels.append(_assign_entries(here, project, opener))
                continue
            levels.pop()
            if not levels:
                return
            if not here.up():
                levels[-1].clear()


def _enter(here: Cursor, name: str) -> bool:
    try:
        here.down(name)
    except OSError as error:
        if error.errno in SKIPPED:
            return False
        here.locate(error, name)
        raise
    return True


def _assign_entries(here: Cursor, project: int, opener: Opener) -> list[str]:
    """Assign the directory and its files; return the names of its directories."""
    directories = []
    with here.locating():
        _assign(here.fd, project)
        with os.scandir(here.fd) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    directories.append(entry.name)
                elif entry.is_file(follow_symlinks=False):
                    _assign_file(here, entry.name, project, opener)
                faultpoint("project:one-assigned")
    return directories


def _assign_file(here: Cursor, name: str, project: int, opener: Opener) -> None:
    try:
        held = open_on_mount(here.fd, name, ANYTHING)
        try:
            fd = opener.open(path_of(held))
            try:
                _assign(fd, project)
            finally:
                os.close(fd)
        finally:
            os.close(held)
    except OSError as error:
        if error.errno in SKIPPED:
            return
        here.locate(error, name)
        raise


def _assign(fd: int, project: int) -> None:
    # An interrupted attempt has assigned the first ones already.
    current, inherits = project_quotas.project_of(fd)
    if current != project or not (inherits or stat.S_ISREG(os.fstat(fd).st_mode)):
        project_quotas.set_project(fd, project)

"""Limits on the sizes of directories, by project quotas, where the file system can."""

import os

from config.faultpoints import faultpoint

from . import project_quotas, projects, tree
from .base import BackendError, LimitMode
from .fds import open_directory
from .layout import DATA

MIB = 2**20


class SizeLimits:
    """Limits what a volume's data may use. Each method returns whether a limit holds now."""

    def __init__(self, mode: LimitMode) -> None:
        self._mode = mode

    def problem(self, root: int) -> str:
        """Return why sizes are not enforced, as a sentence with the cure; "" if they are."""
        if self._mode is LimitMode.OFF:
            return "STORAGE_LIMITS is off: set it to auto to enforce sizes."
        status = project_quotas.status(root)
        if not status.enforces:
            return _quotas_off(root, counts=status.counts)
        project, inherits = project_quotas.project_of(root)
        if project or inherits:
            return (
                f"STORAGE_ROOT belongs to project {project} of something else, which would count all"
                " volumes together: choose a directory without a project, or run `chattr -p 0 -P` on it."
            )
        try:
            project_quotas.get(root, projects.FIRST)
        except PermissionError:
            return (
                f"The server's user {os.geteuid()} may not set project quotas: give it CAP_SYS_ADMIN,"
                " outside of a user namespace (root on the host has it)."
            )
        return ""

    def are_possible(self, root: int) -> bool:
        """Return whether new volumes get a limit. Raises BackendError if the mode requires one."""
        if self._mode is LimitMode.OFF:
            return False
        if self._mode is LimitMode.AUTO and not project_quotas.status(root).enforces:
            return False  # the usual case, without its explanation
        problem = self.problem(root)
        if problem and self._mode is LimitMode.REQUIRED:
            raise _required(problem)
        return not problem

    # A new volume, before it has its name.

    def begin(self, root: int, volume: int, handle: str, data: int) -> projects.Record | None:
        """Give a project without a limit to the empty directory `data`. Return None without limits."""
        if not self.are_possible(root):
            return None
        record = projects.reserve(root, volume, handle, is_finished=True)
        project_quotas.set_project(data, record.project)
        faultpoint("project:assigned")
        return record

    # A volume in its place.

    def raise_to(self, root: int, handle: str, size: int) -> bool:
        """Let the volume use `size` MB, or what it may use already.

        Raises BackendError if the mode requires a limit and the volume has none.
        """
        is_enforced = self.limit(root, handle, size, only_limited=True)
        if not is_enforced and self._mode is LimitMode.REQUIRED:
            raise _required(
                "The volume was created without a limit: set STORAGE_LIMITS to auto to grow it."
            )
        return is_enforced

    def limit(self, root: int, handle: str, size: int, *, only_limited: bool = False) -> bool:
        """Limit a volume in its place, or repair its limit: its files get the project one by one.

        `only_limited` leaves a volume as it is that never had a limit.
        """
        if not self.are_possible(root) or (only_limited and not projects.is_used(root)):
            return False
        with open_directory(root, handle) as volume, open_directory(volume, DATA) as data:
            record = projects.owned_record(root, volume, handle)
            if record is None:
                if only_limited:
                    return False
                record = projects.reserve(root, volume, handle, is_finished=False)
            elif record.is_finished and not _has_project(data, record.project):
                # Its owner changed the project, or the data was restored by hand.
                record = projects.mark_unfinished(volume, record)
            if not record.is_finished:
                tree.assign(data, record.project)
                faultpoint("project:tree-assigned")
            set_limit(root, record, size)
            if not record.is_finished:
                projects.mark_finished(volume, record)
                faultpoint("project:finished")
        return True

    def usage(self, root: int, handle: str, data: int) -> int | None:
        """Return the bytes that the file system counts for the volume, None if it does not count all."""
        if self._mode is LimitMode.OFF or not projects.is_used(root) or self.problem(root):
            return None
        with open_directory(root, handle) as volume:
            record = projects.owned_record(root, volume, handle)
        if record is None or not record.is_finished or not _has_project(data, record.project):
            return None
        return project_quotas.get(root, record.project).used


def _has_project(data: int, project: int) -> bool:
    return project_quotas.project_of(data) == (project, True)


def set_limit(root: int, record: projects.Record, size: int) -> None:
    """Let the project use `size` MB. A limit is never lowered: an older step may come late."""
    if project_quotas.get(root, record.project).limit < size * MIB:
        project_quotas.set_limit(root, record.project, size * MIB)
    faultpoint("project:limited")


def _required(reason: str) -> BackendError:
    return BackendError(
        "Its size cannot be enforced at the moment; ask the operator.",
        f"STORAGE_LIMITS is required, but sizes are not enforced. {reason}",
    )


def _quotas_off(root: int, *, counts: bool) -> str:
    """Return why the file system of the storage enforces no project quotas, with the cure."""
    mount = project_quotas.mount_of(root)
    again = (
        f"add prjquota to the options of {mount.point} in /etc/fstab, unmount it and mount it again (a"
        " remount changes nothing)."
    )
    if mount.kind == "xfs":
        return f"The XFS file system is mounted without project quotas: {again}"
    if mount.kind == "ext4" and counts:
        return f"The ext4 file system counts project quotas but does not enforce them: {again}"
    if mount.kind == "ext4":
        return (
            f"The ext4 file system has no project quotas: unmount it, run `tune2fs -O project,quota -Q"
            f" prjquota {mount.source}`, and {again}"
        )
    return (
        f"The file system {mount.kind} has no project quotas: put STORAGE_ROOT on ext4 or XFS, mounted"
        " with the option prjquota."
    )

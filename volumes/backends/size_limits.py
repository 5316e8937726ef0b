"""Limits on the sizes of directories, by project quotas, where the file system can."""

import os
from collections.abc import Iterator

from config.faultpoints import faultpoint

from . import names, project_quotas, projects, tree
from .base import BackendError, LimitCheck, LimitMode
from .fds import directory_exists, open_directory, path_of
from .layout import DATA, TMP, TRASH, entries
from .mounts import mount_of

MIB = 2**20


class SizeLimits:
    """Limits what a volume's data may use. Each method returns whether a limit holds now."""

    def __init__(self, mode: LimitMode) -> None:
        self._mode = mode

    @property
    def are_required(self) -> bool:
        return self._mode is LimitMode.REQUIRED

    def problem(self, root: int) -> str:
        """Return why sizes are not enforced, as a sentence with the cure; "" if they are."""
        if self._mode is LimitMode.OFF:
            return "STORAGE_LIMITS is off: set it to auto to enforce sizes."
        try:
            return _quota_problem(root)
        except PermissionError:
            return (
                f"The server's user {os.geteuid()} may not set project quotas: give it CAP_SYS_ADMIN,"
                " outside of a user namespace (root on the host has it) and of a seccomp filter that"
                " refuses quotactl (as of a container or a unit of systemd)."
            )

    def are_possible(self, root: int) -> bool:
        """Return whether new volumes get a limit. Raises BackendError if the mode requires one."""
        if self._mode is LimitMode.OFF:
            return False
        if self._mode is LimitMode.AUTO and not _enforces(root):
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
                "The volume has no limit yet: run `manage.py init_storage --limit-existing`."
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

    def check(self, root: int, handle: str, size: int) -> LimitCheck:
        """Check the limit of a volume in its place, and repair it."""
        before = self._condition(root, handle)
        is_enforced = self.limit(root, handle, size, only_limited=True)
        return LimitCheck(is_enforced, before if is_enforced else "")

    def _condition(self, root: int, handle: str) -> str:
        """Return what is wrong with the project of a volume that has one; "" if nothing is."""
        if not projects.is_used(root):
            return ""
        with open_directory(root, handle) as volume, open_directory(volume, DATA) as data:
            record = projects.owned_record(root, volume, handle)
            if record is None or _has_project(data, record.project):
                return ""
            project, _ = project_quotas.project_of(data)
        if project != record.project:
            return f"Its data was in project {project} instead of {record.project}."
        return f"What was created in its data did not get its project {record.project}."

    def unowned_usage(self, root: int) -> Iterator[str]:
        """Release projects of volumes that are gone, and yield a sentence for each unknown one in use."""
        if self._mode is LimitMode.OFF or not projects.is_used(root) or self.problem(root):
            return
        owned = projects.reservations(root)
        for project, handle in owned.items():
            if not _has_traces(root, handle):
                projects.release_project(root, project)
        project = 0
        while quota := project_quotas.get_next(root, project):
            if quota.project and quota.is_in_use and quota.project not in owned:
                yield (
                    f"Project {quota.project} has {quota.inodes} files of {quota.used} bytes, and"
                    " belongs to no volume: another program uses it, or an application has changed the"
                    f" project of its files (`lsattr -pR {os.readlink(path_of(root))}` shows which)."
                )
            project = quota.project + 1

    def usage(self, root: int, handle: str, data: int) -> int | None:
        """Return the bytes that the file system counts for the volume, None if it does not count all."""
        if self._mode is LimitMode.OFF or not projects.is_used(root) or self.problem(root):
            return None
        with open_directory(root, handle) as volume:
            record = projects.owned_record(root, volume, handle)
        if record is None or not record.is_finished or not _has_project(data, record.project):
            return None
        return project_quotas.get(root, record.project).used


def _has_traces(root: int, handle: str) -> bool:
    """Return whether there is anything of the volume."""
    if directory_exists(root, handle):
        return True
    leftovers = [*entries(root, TMP), *entries(root, TRASH)]
    is_leftover = any(name.startswith(names.prefix(handle)) for name in leftovers)
    # An attempt may have moved from `.tmp` into place meanwhile.
    return is_leftover or directory_exists(root, handle)


def _has_project(data: int, project: int) -> bool:
    return project_quotas.project_of(data) == (project, True)


def set_limit(root: int, record: projects.Record, size: int) -> None:
    """Let the project use `size` MB. A limit is never lowered: an older step may come late."""
    if project_quotas.get(root, record.project).limit < size * MIB:
        project_quotas.set_limit(root, record.project, size * MIB)
    faultpoint("project:limited")


def _quota_problem(root: int) -> str:
    """Return why project quotas cannot be used, or "". Raises PermissionError."""
    status = project_quotas.status(root)
    if not status.enforces:
        return _quotas_off(root, counts=status.counts)
    project, inherits = project_quotas.project_of(root)
    if project or inherits:
        return (
            f"STORAGE_ROOT belongs to project {project} of something else, which would count all"
            " volumes together: choose a directory without a project, or run `chattr -p 0 -P` on it."
        )
    project_quotas.get(root, projects.FIRST)
    return ""


def _enforces(root: int) -> bool:
    try:
        return project_quotas.status(root).enforces
    except PermissionError:  # a seccomp filter, as containers and units of systemd have
        return False


def _required(reason: str) -> BackendError:
    return BackendError(
        "Its size cannot be enforced at the moment; ask the operator.",
        f"STORAGE_LIMITS is required, but sizes are not enforced. {reason}",
    )


def _quotas_off(root: int, *, counts: bool) -> str:
    """Return why the file system of the storage enforces no project quotas, with the cure."""
    mount = mount_of(root)
    if mount is None:
        return "The file system has no project quotas: mount STORAGE_ROOT with the option prjquota."
    option = f"add prjquota to the options of {mount.point} in /etc/fstab"
    again = f"{option}, unmount it and mount it again (a remount changes nothing)."
    if mount.file_system == "xfs":
        return f"The XFS file system is mounted without project quotas: {again}"
    if mount.file_system == "ext4" and counts:
        return f"The ext4 file system counts project quotas but does not enforce them: {again}"
    if mount.file_system == "ext4":
        return (
            f"The ext4 file system has no project quotas: unmount it, run `tune2fs -O project,quota -Q"
            f" prjquota {mount.source}`, {option}, and mount it."
        )
    return (
        f"The file system {mount.file_system} has no project quotas: put STORAGE_ROOT on ext4 or XFS,"
        " mounted with the option prjquota."
    )

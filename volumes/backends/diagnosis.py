"""What is wrong with a storage root, in plain words and with the cure."""

from __future__ import annotations

import os
from collections.abc import Iterator

from . import marker, names, projects
from .base import Diagnosis, StorageProblem, StorageUnavailable
from .causes import cause_of
from .fds import MISSING, open_directory
from .layout import DATA, SNAPSHOTS, TMP, TRASH
from .linux import clone_content
from .mounts import mount_of
from .privileges import missing_capabilities
from .size_limits import SizeLimits
from .texts import quoted

LOW = 0.02
"""Share of free space or inodes below which they are reported as low."""

_OURS = frozenset({TMP, TRASH, projects.DIRECTORY, "lost+found"})


def diagnose(root: str, installation: str, limits: SizeLimits) -> Diagnosis:
    """Examine the storage as it is. No marker, no disk and other users' files are problems, not errors.

    Nothing is changed.
    """
    facts = {"root": root, "user": _user()}
    try:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        return Diagnosis(facts, [_unopened(root, error)])
    try:
        problems = list(_of_marker(fd, root, installation))
        is_ours = not problems
        problems += [*_of_root(fd, root), *_of_space(fd, root)]
        if is_ours:
            problems += [*_strangers(fd, root), *_unreadable(fd, root)]
        reason = limits.problem(fd)
        if reason and limits.are_required:
            problems.append(StorageProblem(root, "does not enforce sizes as required", reason))
        sizes = {"sizes": f"not enforced. {reason}" if reason else "enforced"}
        return Diagnosis(facts | _facts(fd) | sizes, problems)
    except OSError as error:
        return Diagnosis(facts, [StorageProblem(root, "cannot be examined", _sentence(error))])
    finally:
        os.close(fd)


def _user() -> str:
    missing = missing_capabilities()
    if not missing:
        return f"{os.geteuid()}, with the capabilities that data of other users takes"
    return f"{os.geteuid()}, without {', '.join(missing)}, which data of other users takes"


def _unopened(root: str, error: OSError) -> StorageProblem:
    if isinstance(error, FileNotFoundError):
        cure = "Mount its disk, or run `manage.py init_storage` to begin there."
        return StorageProblem(root, "does not exist", cure)
    if isinstance(error, NotADirectoryError):
        cure = "Move it away, or set STORAGE_ROOT to a directory."
        return StorageProblem(root, "is not a directory", cure)
    return StorageProblem(root, "cannot be opened", _sentence(error))


def _sentence(error: OSError) -> str:
    text = cause_of(error).operator
    return f"{text[:1].upper()}{text[1:]}."


def _of_marker(fd: int, root: str, installation: str) -> Iterator[StorageProblem]:
    path = os.path.join(root, marker.NAME)
    try:
        found = marker.read(fd)
        marker.verify(found, installation, root)
    except StorageUnavailable as error:
        problem = "is missing" if found is None else "names another installation"
        yield StorageProblem(path, problem, error.detail)
    except OSError as error:
        yield StorageProblem(path, "cannot be read", _sentence(error))


def _of_root(fd: int, root: str) -> Iterator[StorageProblem]:
    status = os.fstatvfs(fd)
    owner = os.fstat(fd).st_uid
    if owner != os.geteuid():
        cure = f"Run the server as that user, or: chown {os.geteuid()} {root}"
        yield StorageProblem(root, f"belongs to user {owner}, not {os.geteuid()}", cure)
    if status.f_flag & os.ST_RDONLY:
        cure = "Check the disk, and mount it read-write."
        yield StorageProblem(root, "is on a file system that is mounted read-only", cure)
    elif not os.access(root, os.W_OK | os.X_OK, effective_ids=True):
        cure = f"chmod u+rwx {root}"
        yield StorageProblem(root, "cannot be written by the server's user", cure)


def _of_space(fd: int, root: str) -> Iterator[StorageProblem]:
    status = os.fstatvfs(fd)
    for what, free, total in (
        ("space", status.f_bavail, status.f_blocks),
        ("inodes", status.f_favail, status.f_files),
    ):
        if free < total * LOW:
            problem = f"has {free / total:.1%} of its {what} left"
            cure = "Remove data, or move the storage to a larger disk."
            yield StorageProblem(root, problem, cure)


def _facts(fd: int) -> dict[str, str]:
    status = os.fstatvfs(fd)
    facts = {"free": f"{_gib(status.f_bavail, status)} of {_gib(status.f_blocks, status)}"}
    if status.f_files:
        facts["free inodes"] = f"{status.f_favail:,} of {status.f_files:,}"
    if mount := mount_of(fd):
        facts["file system"] = f"{mount.file_system} on {mount.source}"
        facts["mount options"] = ", ".join(mount.options)
    if status.f_flag & os.ST_NOEXEC:
        facts["programs"] = "cannot be run from volumes: the file system is mounted noexec"
    facts["copies"] = _copies(fd)
    return facts


def _gib(blocks: int, status: os.statvfs_result) -> str:
    return f"{blocks * status.f_frsize / 2**30:.1f} GiB"


def _copies(root: int) -> str:
    """Try to share a block between two files without names."""
    flags = os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC
    files = []
    try:
        files = [os.open(".", flags, 0o600, dir_fd=root) for _ in range(2)]
        os.write(files[0], b"\0" * 4096)
        shares = clone_content(*files)
    except OSError:
        return "could not be tried"
    finally:
        for file in files:
            os.close(file)
    return "share blocks (reflink)" if shares else "take as much space as the data (no reflink)"


def _strangers(fd: int, root: str) -> Iterator[StorageProblem]:
    cure = "Look whose it is, and move it out of the storage."
    with os.scandir(fd) as entries:
        for entry in entries:
            path = os.path.join(root, entry.name)
            if names.is_ours(entry.name):
                if not entry.is_dir(follow_symlinks=False):
                    yield StorageProblem(quoted(path), "is not a directory", cure)
            elif not _is_of_holdfast(entry.name):
                yield StorageProblem(quoted(path), "is not from Holdfast", cure)


def _is_of_holdfast(name: str) -> bool:
    return name in _OURS or name.startswith((marker.NAME, ".aside."))


def _unreadable(fd: int, root: str) -> Iterator[StorageProblem]:
    """Look into the directories of each volume, and no deeper."""
    for handle in filter(names.is_ours, os.listdir(fd)):
        for path in ((handle,), (handle, DATA), (handle, SNAPSHOTS)):
            try:
                with open_directory(fd, *path):
                    pass
            except OSError as error:
                if error.errno not in MISSING:
                    problem = "cannot be read, so it cannot be measured or copied"
                    yield StorageProblem(os.path.join(root, *path), problem, _sentence(error))
                    break

"""Publishes static files below `DATA_DIR/static`, compressed, with a digest of the content in each name.

`serve` publishes them before it starts workers. So installation and upgrade need no separate step, and
the code may be on a read-only disk. Each set of source files has its own directory, named by their
digest: an existing directory is used as it is, and servers of two versions can share `DATA_DIR`.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import django
from django.contrib.staticfiles.finders import get_finders
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

STATIC_ROOT_VARIABLE = "HOLDFAST_STATIC_ROOT"
"""The environment variable that gives workers the directory. Without it, files have plain names."""
IGNORED = ["*.map"]
"""Source maps: larger than all other files together, and needed only to debug libraries."""
MIN_AGE_OF_UNUSED = 60.0
"""Seconds. Another server may be about to lock a younger directory."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

log = logging.getLogger("holdfast.static_files")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites URLs in style sheets, but not references to source maps, which are not published."""

    patterns = (
        (
            "*.css",
            (
                r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",
                (
                    r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""",
                    """@import url("%(url)s")""",
                ),
            ),
        ),
    )

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        # Pages use hashed names only, so compressing the plain ones would double the time for nothing.
        yield from super().compress_files(paths & set(self.hashed_files.values()))


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Lets browsers cache files with a digest in their name for a year."""

    FOREVER = 365 * 86400  # seconds


class StaticFilesPublisher:
    """Publishes files below `home`, and locks them against the cleanup of other servers."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._locks: dict[Path, int] = {}
        os.environ.pop(STATIC_ROOT_VARIABLE, None)

    def publish(self) -> None:
        """Publish the source files as they are now, for workers that start afterwards.

        A full disk or a running upgrade does not stop the server: workers then use what was published
        before, or the plain files.
        """
        try:
            os.environ[STATIC_ROOT_VARIABLE] = str(self._publish())
        except (OSError, ValueError) as error:
            log.warning("static_files_not_published", extra={"cause": str(error)})

    def close(self) -> None:
        """Release the locks."""
        for lock in self._locks.values():
            os.close(lock)
        self._locks.clear()

    def _publish(self) -> Path:
        """Publish and return the directory. Raises OSError, or ValueError if a file is missing."""
        sources = _find_sources()
        path = self.home / _digest(sources)
        self.home.mkdir(exist_ok=True)
        while path not in self._locks or not path.exists():
            if (lock := _lock(path)) is not None:
                self._locks[path] = lock
            else:
                _build(sources, path)
        for other in self.home.iterdir():
            if other not in self._locks:
                with suppress(OSError):  # another server uses it, or has removed it
                    _remove_unused(other)
        return path


def _find_sources() -> dict[str, Path]:
    """Return the files of all applications and of the templates, by name. The first of a name wins."""
    sources: dict[str, Path] = {}
    for finder in get_finders():
        for name, storage in finder.list(IGNORED):
            sources.setdefault(name, Path(storage.path(name)))
    return sources


def _digest(sources: dict[str, Path]) -> str:
    """Return a digest of the files, of the code that publishes them, and of the boot id.

    The boot id is included because a power failure may leave truncated files, which must not be reused.
    """
    boot = BOOT_ID.read_text() if BOOT_ID.exists() else ""
    digest = hashlib.blake2b(f"{django.__version__} {boot}".encode(), digest_size=16)
    digest.update(Path(__file__).read_bytes())
    for name in sorted(sources):
        content = sources[name].read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _lock(path: Path) -> int | None:
    """Lock the directory against cleanup. Return the lock's descriptor, or None if it does not exist."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    fcntl.flock(lock, fcntl.LOCK_SH)
    if path.exists() and os.path.samestat(os.fstat(lock), path.stat()):
        return lock
    os.close(lock)  # the directory was removed before it was locked
    return None


def _build(sources: dict[str, Path], path: Path) -> None:
    """Create the directory with all files, or not at all. Another server may create it first."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=path.parent))
    try:
        _fill(draft, sources)
        draft.rename(path)
    except OSError as error:
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # it no longer exists after a successful rename


def _fill(directory: Path, sources: dict[str, Path]) -> None:
    storage = HashedStaticFiles(location=str(directory), base_url="/static/")
    for name, source in sources.items():
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for _name, _hashed, outcome in storage.post_process(
        {name: (storage, name) for name in sources}
    ):
        if isinstance(outcome, Exception):
            raise outcome


def _remove_unused(path: Path) -> None:
    """Remove the directory if it is old enough. Raises OSError if a server uses it."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_mtime < time.time() - MIN_AGE_OF_UNUSED:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
    finally:
        os.close(lock)

"""Static files under names that carry a digest of their content, compressed, below `DATA_DIR/static`.

`serve` publishes them there before it starts workers, so a fresh clone and an upgrade need no step of
their own, and the code may be on a read-only disk. Each set of source files has a directory of its own,
named by their digest: a set that is there already is used as it is, and servers of two versions can
share `DATA_DIR`.
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
"""Tells the workers where the files are. Without it they are served under their plain names."""
IGNORED = ["*.map"]
"""Source maps are larger than all else together, and only debuggers of libraries ask for them."""
MIN_AGE_OF_UNUSED = 60.0
"""Seconds: a younger directory may be one that another server is about to lock."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

log = logging.getLogger("holdfast.static_files")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites addresses in style sheets, but no references to source maps, which are left out."""

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
        # Pages use hashed names only: to compress the plain ones too takes as long again.
        yield from super().compress_files(paths & set(self.hashed_files.values()))


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Lets browsers keep what has a digest in its name for a year."""

    FOREVER = 365 * 86400  # seconds


class StaticFilesPublisher:
    """Publishes below `home`, and keeps what it published from other servers' clean-up while it lives."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._locks: dict[Path, int] = {}
        os.environ.pop(STATIC_ROOT_VARIABLE, None)

    def publish(self) -> None:
        """Publish what is on disk at present, and tell the workers that start from here on.

        A disk that is full, or an upgrade under way, stops no server: workers go on with what was
        published before, or serve the plain files.
        """
        try:
            os.environ[STATIC_ROOT_VARIABLE] = str(self._publish())
        except (OSError, ValueError) as error:
            log.warning("cannot publish static files: %s", error)

    def close(self) -> None:
        """Release all that was published."""
        for lock in self._locks.values():
            os.close(lock)
        self._locks.clear()

    def _publish(self) -> Path:
        """Return the directory of the files. Raises OSError, or ValueError where a file is missing."""
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
                with suppress(OSError):  # another server uses it, or was first to remove it
                    _remove_unused(other)
        return path


def _find_sources() -> dict[str, Path]:
    """Return all files of applications and templates by name. The first of a name wins."""
    found: dict[str, Path] = {}
    for finder in get_finders():
        for name, storage in finder.list(IGNORED):
            found.setdefault(name, Path(storage.path(name)))
    return found


def _digest(sources: dict[str, Path]) -> str:
    """Return a name for these files as this code publishes them, since this boot.

    Without the boot, files that a power failure cut off would be served for ever.
    """
    boot = BOOT_ID.read_text() if BOOT_ID.exists() else ""
    digest = hashlib.blake2b(f"{django.__version__} {boot}".encode(), digest_size=16)
    digest.update(Path(__file__).read_bytes())
    for name in sorted(sources):
        content = sources[name].read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _lock(path: Path) -> int | None:
    """Return a descriptor that keeps this directory from clean-ups, or None if it is not there."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    fcntl.flock(lock, fcntl.LOCK_SH)
    if path.exists() and os.path.samestat(os.fstat(lock), path.stat()):
        return lock
    os.close(lock)  # it was removed before the lock was ours
    return None


def _build(sources: dict[str, Path], path: Path) -> None:
    """Make this directory, whole or not at all. Another server may be first."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=path.parent))
    try:
        _fill(draft, sources)
        draft.rename(path)
    except OSError as error:
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # not there any longer if all went well


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
    """Remove what no server uses. Raises OSError if one does."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_mtime < time.time() - MIN_AGE_OF_UNUSED:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
    finally:
        os.close(lock)

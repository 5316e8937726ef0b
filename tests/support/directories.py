"""Directories of tests."""

from __future__ import annotations

import tempfile
from pathlib import Path


def let_others_enter(path: Path) -> None:
    """Let every user enter the directory, however deep below the directory of temporary files it is."""
    top = Path(tempfile.gettempdir())
    for directory in (path, *path.parents):
        if directory == top:
            return
        directory.chmod(directory.stat().st_mode | 0o055)

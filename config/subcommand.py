"""Runs a command of Holdfast in a process of its own, with other settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
MAX_SECONDS = 24 * 3600.0


def run_with_database(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on another database. The URL, which may have a password, is in no command line."""
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL_FILE"}
    return subprocess.run(  # noqa: S603
        [sys.executable, str(MANAGE), *arguments],
        env={**environ, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MAX_SECONDS,
        check=False,
    )

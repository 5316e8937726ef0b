"""Where it was measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from tests.support.postgres import installed_binaries


def machine(database: str) -> dict[str, Any]:
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processor,
        "cores": f"{os.cpu_count()} cores",
        "memory": f"{gigabytes:.0f} GB",
        "Python": f"Python {platform.python_version()}",
        "database": _version(database),
    }


def _version(database: str) -> str:
    """PostgreSQL's major version is the directory that Debian keeps it in."""
    binaries = installed_binaries()
    if database == "sqlite":
        return "SQLite"
    return f"PostgreSQL {binaries.parent.name}" if binaries else "PostgreSQL"

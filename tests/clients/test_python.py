"""The client that openapi-python-client generates: it type-checks and drives every operation."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server

USAGE = Path(__file__).parent / "python" / "usage.py"
GENERATOR = [sys.executable, "-m", "openapi_python_client", "generate"]


@pytest.fixture(scope="module")
def project(document: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the generated package and the script that uses it."""
    project = tmp_path_factory.mktemp("python")
    config = project / "config.yml"
    config.write_text("post_hooks: []\n")
    run(
        [
            *(*GENERATOR, "--path", str(document), "--config", str(config), "--meta", "none"),
            *("--output-path", str(project / "holdfast_client"), "--fail-on-warning"),
        ],
        project,
    )
    shutil.copy(USAGE, project)
    return project


def test_the_client_and_its_use_type_check_strictly(project: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "."]
    assert "Success: no issues found" in run(command, project)


def test_the_client_drives_every_operation(
    project: Path, server: Server, document: Path, record_property: Any
) -> None:
    url, token = f"http://127.0.0.1:{server.port}", server.installation.token
    sent = json.loads(run([sys.executable, "usage.py", url, token], project))
    operations = operations_of(json.loads(document.read_text(encoding="utf-8")))
    driven = {operation_of(method, path, operations) for method, path in sent}
    record_property("operations driven", len(driven))
    assert driven == set(operations.values())
    assert len(driven) == len(operations)


def operations_of(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return the name of each operation, by its method and a pattern of its path."""
    return {
        (method.upper(), re.sub(r"\{\w+\}", "[^/]+", path)): operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def operation_of(method: str, path: str, operations: dict[tuple[str, str], str]) -> str:
    # Paths without parameters sort before those with one in the same place.
    matching = [
        name
        for (known, pattern), name in sorted(operations.items(), reverse=True)
        if known == method and re.fullmatch(pattern, path)
    ]
    return matching[0]


def run(command: list[str], directory: Path) -> str:
    """Return what the command prints. Fails with all of it if the command fails."""
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

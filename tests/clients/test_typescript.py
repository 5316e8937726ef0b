"""The types that openapi-typescript generates: their use compiles strictly and runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.needs import needs
from tests.support.server import Server

HERE = Path(__file__).parent / "typescript"
PROGRAMS = HERE / "node_modules" / ".bin"
COMPILER_OPTIONS = [
    *("--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"),
    *("--target", "es2022", "--lib", "es2022,dom", "--module", "es2022"),
    *("--moduleResolution", "bundler"),
]

pytestmark = needs(
    shutil.which("node") is not None and (PROGRAMS / "tsc").exists(),
    "node, or the packages of tests/clients/typescript/package.json, are not installed",
)


@pytest.fixture(scope="module")
def project(document: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the generated types and the program that uses them."""
    project = tmp_path_factory.mktemp("typescript")
    run(
        [PROGRAMS / "openapi-typescript", str(document), "--output", str(project / "schema.d.ts")],
        HERE,
    )
    shutil.copy(HERE / "usage.ts", project)
    (project / "package.json").write_text('{"type": "module"}')
    return project


def test_the_types_compile_strictly_and_keep_every_quota(project: Path, server: Server) -> None:
    run([PROGRAMS / "tsc", *COMPILER_OPTIONS, "usage.ts"], project)
    environment = server.environment().removeprefix("/")
    url = f"http://127.0.0.1:{server.port}"
    printed = run(["node", "usage.js", url, server.installation.token, environment], project)
    assert printed == "2 quotas came back as they were sent\n"


def test_incorrect_use_does_not_compile(project: Path) -> None:
    wrong = project / "wrong.ts"
    wrong.write_text(
        'import type { components } from "./schema";\n'
        'export const status: components["schemas"]["VolumeStatusEnum"] = "broken";\n'
    )
    with pytest.raises(AssertionError, match="is not assignable to type"):
        run([PROGRAMS / "tsc", *COMPILER_OPTIONS, "--noEmit", "wrong.ts"], project)


def run(command: list[str | Path], directory: Path) -> str:
    """Return what the command prints. Fails with all of it if the command fails."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

"""The requirement files: runtime and development packages, pinned with hashes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.support.installation import ROOT

FILES = ["requirements.txt", "requirements-dev.txt"]
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9, -]+\])?==([^\s;\\]+)", re.MULTILINE)
OURS = {"accounts", "config", "volumes", "manage"}


def pins(file: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / file).read_text()))


@pytest.mark.parametrize("file", FILES)
def test_requirements_are_pinned_with_hashes_and_without_an_index(file: str) -> None:
    text = (ROOT / file).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(blocks) == len(PIN.findall(text)) > 20
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "--index" not in text


def test_development_requirements_have_the_same_versions() -> None:
    production, development = map(pins, FILES)
    assert production.items() < development.items()


def test_runtime_requirements_exclude_test_packages() -> None:
    for name in ("pytest", "mypy", "ruff", "playwright", "pip-audit", "openapi-python-client"):
        assert name in pins("requirements-dev.txt")
        assert name not in pins("requirements.txt")


def test_product_imports_only_runtime_requirements() -> None:
    providers = packages_distributions()
    files = [ROOT / "manage.py", *(path for name in OURS for path in (ROOT / name).rglob("*.py"))]
    used = {module for file in files for module in imported(ast.parse(file.read_text()))}
    foreign = used - OURS - sys.stdlib_module_names
    normal = {
        module: {re.sub(r"[-_.]+", "-", name).lower() for name in providers[module]}
        for module in foreign
    }
    assert {
        module for module, names in normal.items() if not names & pins(FILES[0]).keys()
    } == set()


def imported(tree: ast.AST) -> set[str]:
    """Return the top-level modules that a file imports, except those for type checking."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize(
    ("target", "files"),
    [
        ("run", ["requirements.txt"]),
        ("install", ["requirements.txt"]),
        ("test", FILES),
        ("lint", FILES),
    ],
)
def test_make_installs_what_the_target_needs(target: str, files: list[str]) -> None:
    # A dry run, as if nothing was installed.
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert re.findall(r"--require-hashes -r (\S+)", done.stdout) == files

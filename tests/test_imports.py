"""Imports have one direction: what a package may import, as a table.

A package imports from the lines above its own and, on its own line, from what stands left of it. Packages
of one cell do not import from each other. `NEVER` takes something away from that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LINES = [
    [["config"], ["config.db", "config.http"]],
    [
        ["accounts.models"],
        ["accounts"],
        ["accounts.auth"],
        ["accounts.services", "accounts.forms", "accounts.templatetags"],
        ["accounts.views"],
        ["accounts.admin", "accounts.management"],
    ],
    [["volumes.models"], ["volumes.specs"], ["volumes.queries"], ["volumes.rules"]],
    [["volumes.backends"], ["volumes.storage"], ["volumes.reconciler"], ["volumes.services"]],
    [["volumes.verification", "volumes.presentation"], ["volumes.monitoring", "volumes.backup"]],
    [["volumes.api", "volumes.console", "volumes.admin"]],
    [["volumes.templatetags"], ["volumes", "root"], ["config.server"], ["volumes.management"]],
]
"""From bottom to top. The name of a package that is divided further means the rest of it."""

INTERFACES = ["volumes.api", "volumes.console", "volumes.admin"]
STORAGE = ["volumes.backends", "volumes.storage", "volumes.reconciler", "volumes.services"]

NEVER = {
    "accounts.models": ["config.db", "config.http"],
    "accounts": ["config.http"],
    "accounts.forms": ["accounts.auth", "config.http"],
    "accounts.services": ["config.http"],
    "accounts.templatetags": ["config.http"],
    "accounts.management": ["config.http"],
    "volumes.models": ["accounts", "accounts.auth", "accounts.services", "accounts.forms"],
    "volumes.rules": ["config.db"],
    "volumes.backends": ["accounts", "volumes.models"],
    "volumes.services": ["volumes.backends", "volumes.storage"],
    "volumes.presentation": ["config.db", *STORAGE],
    "volumes.backup": ["config.http", *STORAGE],
    "volumes.api": ["volumes.backends", "volumes.reconciler", "config.db"],
    "volumes.console": ["volumes.backends", "volumes.reconciler", "config.db"],
    "volumes.admin": ["volumes.backends", "config.db"],
    "volumes.templatetags": INTERFACES,
    "volumes.management": INTERFACES,
}

ROOT_MODULES = {"config.settings", "config.startup", "config.urls", "config.wsgi", "accounts.urls"}
PACKAGES = [package for line in LINES for cell in line for package in cell]
MODULES = sorted(
    path
    for folder in ("accounts", "config", "volumes")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def package_of(module: str) -> str:
    """Return the package of the table that a module belongs to: the longest matching name."""
    if module in ROOT_MODULES:
        return "root"
    fitting = [one for one in PACKAGES if f"{module}.".startswith(f"{one}.")]
    return max(fitting, key=len)


def imported(path: Path) -> Iterator[str]:
    """Yield the modules of Holdfast that a module imports, in functions too."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, node.module or ""]).strip(".") if node.level else node.module
            yield from (f"{base}.{alias.name}" for alias in node.names)


def allowed(package: str) -> set[str]:
    """Return the packages that the modules of a package may import from."""
    found = {package}
    for line in LINES:
        for cell in line:
            if package in cell:
                return found - set(NEVER.get(package, []))
            found.update(cell)
    raise LookupError(package)


def ours(names: Iterator[str]) -> list[str]:
    return [name for name in names if name.split(".")[0] in {"accounts", "config", "volumes"}]


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_a_module_imports_only_from_packages_below_it(path: Path) -> None:
    reachable = allowed(package_of(module_of(path)))
    assert [name for name in ours(imported(path)) if package_of(name) not in reachable] == []


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_no_import_is_inside_a_function_or_hidden_from_the_program(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imports = (ast.Import, ast.ImportFrom)
    hidden = [
        node.lineno for node in ast.walk(tree) if isinstance(node, imports) and node.col_offset
    ]
    assert hidden == []

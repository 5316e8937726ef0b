"""The fault points, as the source has them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.installation import ROOT


def points_in_source() -> list[str]:
    """The name of each call of `faultpoint`, once for each call."""
    files = [path for package in ("accounts", "volumes") for path in (ROOT / package).rglob("*.py")]
    return [name for path in files for name in _points(path)]


def _points(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and _called(node.func) == "faultpoint":
            (name,) = node.args
            yield ast.literal_eval(name)


def _called(function: ast.expr) -> str:
    """The last part of what is called."""
    return ast.unparse(function).rpartition(".")[2]

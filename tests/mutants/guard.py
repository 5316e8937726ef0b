"""A guard of the product, what it looks like without it, and the test that must then be red."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Stale(Exception):
    """The list and the source have gone apart."""


@dataclass(frozen=True)
class Guard:
    name: str
    file: str
    old: str
    new: str
    test: str
    """As pytest names it, below `tests/`."""
    database: str = "sqlite"
    """SQLite lets one writer in at a time, and so hides what a missing lock does."""

    @property
    def node(self) -> str:
        return f"tests/{self.test}"

    def mutated(self, source: str) -> str:
        """The file without the guard."""
        if (found := source.count(self.old)) != 1:
            raise Stale(f"{self.name}: its text is {found} times in {self.file}, not once")
        return source.replace(self.old, self.new)

    def check(self, root: Path = ROOT) -> None:
        """Raises Stale where there is nothing to take away, or no such test."""
        ast.parse(self.mutated((root / self.file).read_text()))
        file, *names = self.node.partition("[")[0].split("::")
        if not (root / file).exists() or not _has(ast.parse((root / file).read_text()), names):
            raise Stale(f"{self.name}: there is no test {self.node}")


def _has(tree: ast.Module | ast.ClassDef, names: list[str]) -> bool:
    """Whether there is this function, or this class with the rest in it, at this very level."""
    name, *inside = names
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and inside and node.name == name:
            return _has(node, inside)
        if isinstance(node, ast.FunctionDef) and not inside and node.name == name:
            return True
    return False

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
        file, _, name = self.node.partition("::")
        path = root / file
        if not path.exists() or f"def {name.partition('[')[0]}(" not in path.read_text():
            raise Stale(f"{self.name}: there is no test {self.node}")

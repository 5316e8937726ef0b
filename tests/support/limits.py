"""`python -m tests.support.limits` writes the tables of `config/limits.py` into `docs/operating.md`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from config import limits
from tests.support.documents import DOCS
from tests.support.installation import ROOT

SOURCE = ROOT / "config" / "limits.py"
DOCUMENT = DOCS / "operating.md"
PART = re.compile(r"(<!-- limits: begin -->\n).*?(<!-- limits: end -->)", re.DOTALL)
KIB, MIB = 2**10, 2**20


def main() -> None:
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


def with_tables(document: str) -> str:
    """Return the document with up-to-date tables between its comments."""
    return PART.sub(lambda found: f"{found[1]}{tables()}\n{found[2]}", document)


def tables() -> str:
    """Return a table for each section of the module. Raises ValueError for a bound without a reason."""
    lines: list[str] = []
    for section, bounds in sections(SOURCE):
        lines += ["", section, "", "| bound | value | what it bounds |", "|---|--:|---|"]
        lines += [f"| `{name}` | {shown(name)} | {reason} |" for name, reason in bounds]
    return "\n".join([*lines, ""])


def sections(source: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the comment that begins each section, and the name and docstring of each bound in it."""
    parts = re.split(r"^# (.+)$", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for title, code in zip(parts[1::2], parts[2::2], strict=True):
        yield title, list(_bounds(code))


def _bounds(code: str) -> Iterator[tuple[str, str]]:
    statements = ast.parse(code).body
    for statement, following in zip(statements, [*statements[1:], None], strict=True):
        if not isinstance(statement, ast.Assign):
            continue
        (target,) = statement.targets
        match following:
            case ast.Expr(value=ast.Constant(value=str(reason))):
                yield ast.unparse(target), " ".join(reason.split())
            case _:
                raise ValueError(f"{ast.unparse(target)} has no reason")


def shown(name: str) -> str:
    """Return the value of a bound with its unit."""
    value: Any = getattr(limits, name)
    if isinstance(value, timedelta):
        return f"{value.total_seconds():,.10g} s"
    if "BYTES" in name and value % KIB == 0:
        return f"{value // MIB} MiB" if value % MIB == 0 else f"{value // KIB} KiB"
    return f"{value:,.10g} s" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    main()

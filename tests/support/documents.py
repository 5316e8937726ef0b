"""Reads the documents of the repository: the Markdown files at the top level and in `docs/`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.installation import ROOT

DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def fenced(document: Path, name: str) -> str:
    """Return the code between the comments `<!-- name: begin -->` and `<!-- name: end -->`."""
    found = re.search(
        rf"<!-- {name}: begin -->\n```\w+\n(.*?)```\n<!-- {name}: end -->",
        document.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    assert found, f"{document} has no {name}"
    return found[1]


def rows(document: Path, heading: str) -> list[list[str]]:
    """Return the cells of every table below a heading `## …`, without the header rows."""
    text = document.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"{document} has no {heading}"
    tables = re.findall(r"^\|[-:| ]+\|\n((?:^\|.*\|\n?)+)", found[1], re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def shell_lines(document: Path, heading: str) -> list[str]:
    """Return the lines of every shell block below a heading `## …`."""
    text = document.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"{document} has no {heading}"
    blocks = re.findall(r"^```sh\n(.*?)^```$", found[1], re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]

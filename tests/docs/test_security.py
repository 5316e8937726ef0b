"""The proofs that SECURITY.md and `docs/` name exist, and the counts of `docs/security.md` are right."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import DOCS
from tests.support.installation import ROOT

ASVS = (DOCS / "security.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
HELD = (DOCS / "operating.md").read_text(encoding="utf-8")
REQUIREMENT = re.compile(r"^\| ([\d., –]+) \| ([12, ]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ANSWERS = {
    "`test_": "tested: the answer names the test",
    "by design: ": "by design",
    "here": "documented, on this page or another",
    "[": "documented, on this page or another",
    "operator: ": "left to the operator",
    "partly": "partly met",
    "not met: ": "not met",
    "not used": "not used: Holdfast does not have the feature",
}
"""What an answer begins with, and the line that counts it."""
LISTED = REQUIREMENT.findall(ASVS)
PROOFS = SECURITY + ASVS + HELD
NAMED = sorted(set(re.findall(r"`(?:(tests/[\w/]+\.py)::)?(test_\w+)(?:\[[^`]*\])?`", PROOFS)))
FILES = sorted(set(re.findall(r"`(tests/[\w/]+(?:\.py)?)", PROOFS)))


def functions(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


KNOWN = {
    (str(path.relative_to(ROOT)), name)
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in functions(path)
}
NAMES = {name for _, name in KNOWN}


def test_there_are_enough_names_to_check() -> None:
    assert len(NAMED) > 80
    assert len(LISTED) > 150


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_named_test_exists(file: str, name: str) -> None:
    assert (file, name) in KNOWN if file else name in NAMES


@pytest.mark.parametrize("path", FILES)
def test_every_named_file_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_requirement_is_listed_once_and_answered() -> None:
    numbers = [number for number, *_ in LISTED]
    assert len(numbers) == len(set(numbers))
    assert [number for number, *_, how in LISTED if not how.startswith(tuple(ANSWERS))] == []


def test_the_counts_come_first_and_are_right() -> None:
    counts = dict(re.findall(r"^\| ([^|]+) \| (\d+) \|$", ASVS, re.MULTILINE))
    counted = Counter({line: 0 for line in ANSWERS.values()})
    for numbers, *_, how in LISTED:
        counted[answer(how)] += requirements(numbers)
    assert {name: int(count) for name, count in counts.items()} == {
        **counted,
        "all": counted.total(),
    }


def answer(how: str) -> str:
    return next(line for start, line in ANSWERS.items() if how.startswith(start))


def requirements(numbers: str) -> int:
    """How many there are in "1.2.6–1.2.8" or "5.1.1, 5.2.1–5.2.3"."""
    return sum(_length(*part.split("–")) for part in numbers.split(", "))


def _length(first: str, last: str | None = None) -> int:
    return int((last or first).rpartition(".")[2]) - int(first.rpartition(".")[2]) + 1

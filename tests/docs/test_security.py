"""What SECURITY.md names as proof exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import ROOT

SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
REQUIREMENT = re.compile(r"^\| ([\d., –]+) \| ([12, ]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ANSWERS = (
    *("`test_", "by design: ", "operator: ", "partly", "not used", "not met: "),
    *("here", "below", "README: ", "the table above"),
)
LISTED = REQUIREMENT.findall(SECURITY)
NAMED = sorted(set(re.findall(r"`(?:(tests/[\w/]+\.py)::)?(test_\w+)`", SECURITY)))
FILES = sorted(set(re.findall(r"`(tests/[\w/]+(?:\.py)?)", SECURITY)))


def functions(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


KNOWN = {
    (str(path.relative_to(ROOT)), name)
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in functions(path)
}
NAMES = {name for _, name in KNOWN}


def test_there_is_much_to_look_for() -> None:
    assert len(NAMED) > 80
    assert len(LISTED) > 150


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    assert (file, name) in KNOWN if file else name in NAMES


@pytest.mark.parametrize("path", FILES)
def test_every_place_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_requirement_is_listed_once_and_answered() -> None:
    numbers = [number for number, *_ in LISTED]
    assert len(numbers) == len(set(numbers))
    assert [number for number, *_, how in LISTED if not how.startswith(ANSWERS)] == []

"""The list of guards fits the source: what it takes away is there, and so is each test."""

from __future__ import annotations

import pytest

from tests.mutants.guard import Guard, Stale
from tests.mutants.guards import GUARDS


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_every_guard_matches_the_source_and_its_test_exists(guard: Guard) -> None:
    guard.check()


def test_names_of_guards_are_unique() -> None:
    names = [guard.name for guard in GUARDS]
    assert len(names) >= 40
    assert len(set(names)) == len(names)


HERE = "mutants/test_guards.py"
ONCE = '"""A guard of the product, what it looks like without it'


@pytest.mark.parametrize(
    ("old", "test"),
    [
        ("no such text", f"{HERE}::test_an_outdated_guard_is_reported"),
        ("Stale", f"{HERE}::test_an_outdated_guard_is_reported"),
        (ONCE, f"{HERE}::test_that_nobody_wrote"),
        (ONCE, "mutants/no_such_file.py::test_that_nobody_wrote"),
        (ONCE, "backends/test_links.py::test_data_that_is_a_link_is_missing"),
        (ONCE, "backends/test_links.py::TestNames::test_data_that_is_a_link_is_missing"),
    ],
)
def test_an_outdated_guard_is_reported(old: str, test: str) -> None:
    stale = Guard("stale", "tests/mutants/guard.py", old, '"""A guard', test)
    with pytest.raises(Stale, match="stale: "):
        stale.check()

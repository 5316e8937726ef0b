"""The far pages."""

from __future__ import annotations

import pytest

from tests.benchmarks.services.paging import before_last_page, before_page_1000


@pytest.mark.parametrize(
    ("size", "before"), [(1_000_000, 99_900), (100_000, 99_900), (10_000, 5_000), (100, 0)]
)
def test_the_measured_page_is_page_1000_or_the_middle_of_a_shorter_list(
    size: int, before: int
) -> None:
    assert before_page_1000(size) == before


@pytest.mark.parametrize(("size", "before"), [(1_000_000, 999_900), (250, 200), (100, 0), (40, 0)])
def test_the_last_page_is_never_empty(size: int, before: int) -> None:
    assert before_last_page(size) == before

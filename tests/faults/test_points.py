"""No fault point without its rows in the campaign, and no row without its point."""

from __future__ import annotations

from config import faultpoints
from tests.faults.points import points_in_source
from tests.faults.table import BY_VICTIM, OF_POOLS, WITH_PROJECT_QUOTAS


def test_every_fault_point_has_a_row_in_the_table() -> None:
    rows = {row.point for rows in BY_VICTIM.values() for row in rows}
    assert rows | {*WITH_PROJECT_QUOTAS, *OF_POOLS} == set(points_in_source())


def test_names_of_fault_points_are_unique() -> None:
    names = points_in_source()
    assert len(names) == len(set(names))


def test_a_fault_point_does_nothing_by_default() -> None:
    assert faultpoints.hook is None
    faultpoints.faultpoint("anything")

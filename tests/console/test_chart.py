"""The drawing of used over time, and how volumes are mounted: lengths and words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from volumes.console.panels.chart import HEIGHT, TOP, Chart, chart
from volumes.console.panels.scale import round_step, scale
from volumes.models import UsageSample
from volumes.queries.forecast import projected_full_at

NOW = timezone.now()


def samples(*used: int, size: int = 100, hours: int = 24) -> list[UsageSample]:
    """One a day, or every so many hours, the last one now."""
    return [
        UsageSample(at=NOW - timedelta(hours=hours * (len(used) - 1 - n)), used_size=mb, size=size)
        for n, mb in enumerate(used)
    ]


def drawn(*args, **options) -> Chart:
    found = chart(*args, **options)
    assert found is not None
    return found


@pytest.mark.parametrize("few", [samples(), samples(5)])
def test_a_line_needs_two_points(few):
    assert chart(few, 100, None) is None


def test_two_measurements_at_one_time_make_no_line():
    assert chart(samples(5, 6, hours=0), 100, None) is None


@pytest.mark.parametrize(
    ("least", "step"), [(3.4, 4), (0.34, 0.4), (34, 40), (87, 100), (1, 1), (5.44, 6), (341, 400)]
)
def test_steps_are_round(least, step):
    assert round_step(least) == pytest.approx(step)


def test_the_grid_has_four_lines_and_names_its_unit_once():
    picture = drawn(samples(1024, 2048, size=10240), 10240, None)
    assert [mark.words for mark in picture.grid] == ["0", "4", "8", "12 GB"]
    assert [mark.y for mark in picture.grid] == [TOP + HEIGHT, TOP + 120, TOP + 60, TOP]


def test_usage_above_the_size_fits_into_the_chart():
    """Directories hold what is written into them."""
    picture = drawn(samples(50, 170), 100, None)
    assert picture.last.y >= TOP


def test_time_runs_from_the_first_measurement_to_the_last():
    picture = drawn(samples(10, 20, 30), 100, None)
    assert picture.used.startswith("M0 ")
    assert picture.last.x == 100
    assert picture.area.endswith(f"L100 {HEIGHT}L0 {HEIGHT}Z")
    assert picture.projection is None


def test_the_projection_ends_where_it_is_full():
    seen = samples(40, 45, 50, 55, 60, 65, 70, 75, 80, 85)
    picture = drawn(seen, 100, projected_full_at(seen, 100))
    assert picture.projection is not None
    assert picture.last.x < picture.projection.x < 100
    assert picture.projection.y == picture.size_mark.y + 6
    assert picture.projection.words.startswith("full ")


def test_a_far_day_is_left_out_of_the_picture():
    seen = samples(10, 11, 12, size=1000)
    picture = drawn(seen, 1000, projected_full_at(seen, 1000))
    assert picture.projection is not None
    assert (picture.projection.x, picture.projection.words) == (100, "")
    assert picture.last.x == pytest.approx(66.7, abs=0.1)


def test_earlier_sizes_are_steps_and_the_size_is_labelled():
    seen = [*samples(1, 2, 3, 4)]
    seen[0].size = seen[1].size = 50
    picture = drawn(seen, 100, None)
    assert picture.size.count("V") == 1
    assert picture.size_mark.x == pytest.approx(66.7, abs=0.1)
    assert picture.size_mark.words == "size 100 MB"


def test_growth_since_the_last_measurement_is_a_step_at_the_end():
    picture = drawn(samples(1, 2, size=50), 100, None)
    assert picture.size.count("V") == 1
    assert picture.size_mark.x == 100


def test_the_axis_is_labelled_with_days_and_ends_today():
    words = [mark.words for mark in drawn(samples(*range(1, 31)), 100, None).days]
    assert words[-1] == "today"
    first = NOW - timedelta(days=29)
    assert words[0] == f"{first.day} {first:%b}"


def test_a_short_period_is_labelled_with_hours():
    words = [mark.words for mark in drawn(samples(1, 2, 3, hours=2), 100, None).days]
    assert words[-1] == f"{NOW:%H:%M}"


def test_a_thousand_measurements_are_few_points_and_fewer_rows():
    picture = drawn(samples(*range(1, 1001), size=2000, hours=1), 2000, None)
    assert picture.used.count("L") == 199
    assert len(picture.rows) == 31
    assert picture.rows[0].at == NOW


def test_the_scale_begins_at_0():
    field = scale(first=NOW, end=NOW + timedelta(days=1), height=90, size=3, peak=3)
    assert (field.y(0), field.y(field.step * 3)) == (90, 0)
    assert (field.x(NOW), field.x(NOW + timedelta(hours=12))) == (0, 50)

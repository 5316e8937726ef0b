"""GET /{envId}/volume/{id}/usage."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from tests.support.api import codes
from volumes.models import UsageSample


@pytest.fixture
def sampled(row):
    """`sampled((10, 5), …)` notes 5 MB ten days ago."""

    def note(*samples):
        now = timezone.now()
        UsageSample.objects.bulk_create(
            UsageSample(volume=row, at=now - timedelta(days=ago), used_size=used, size=100)
            for ago, used in samples
        )

    return note


def days_from_now(moment):
    return (datetime.fromisoformat(moment) - datetime.now(UTC)) / timedelta(days=1)


def test_there_is_no_projection_without_samples(alices, here, volume):
    assert alices.get(f"{here}/usage").json() == {
        "volumeIdRef": volume["id"],
        "size": 100,
        "samples": [],
        "fullAt": None,
    }


def test_samples_are_returned_oldest_first(alices, here, sampled):
    sampled((1, 30), (29, 10), (31, 5), (2, 20))
    recent = alices.get(f"{here}/usage").json()["samples"]
    assert [sample["usedSize"] for sample in recent] == [10, 20, 30]
    assert set(recent[0]) == {"at", "usedSize", "size"}
    assert len(alices.get(f"{here}/usage?days=365").json()["samples"]) == 4
    assert len(alices.get(f"{here}/usage?days=1").json()["samples"]) == 0


def test_linear_growth_is_projected_to_the_day_it_is_full(alices, here, sampled):
    sampled((20, 30), (10, 40), (0, 50))
    assert days_from_now(alices.get(f"{here}/usage").json()["fullAt"]) == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize(
    "samples",
    [
        [(2, 10), (1, 20)],
        [(3, 30), (2, 20), (1, 10)],
        [(3, 30), (2, 30), (1, 30)],
        [(29, 0), (15, 0), (0, 1), (0, 0)],
    ],
)
def test_there_is_no_projection_of_few_flat_or_slow_samples(alices, here, sampled, samples):
    sampled(*samples)
    assert alices.get(f"{here}/usage").json()["fullAt"] is None


def test_at_most_500_samples_are_returned_with_the_first_and_the_last(alices, here, sampled):
    sampled(*[(29 - number / 40, number) for number in range(1100)])
    used = [sample["usedSize"] for sample in alices.get(f"{here}/usage").json()["samples"]]
    steps = {after - before for before, after in pairwise(used)}
    assert (len(used), used[0], used[-1]) == (500, 0, 1099)
    assert steps <= {2, 3}


@pytest.mark.parametrize("days", ["0", "366", "-1", "1.5", "x", "", "%D9%A7"])
def test_days_have_to_be_1_to_365(alices, here, days):
    response = alices.get(f"{here}/usage?days={days}")
    assert (response.status_code, codes(response)) == (400, {("days", "invalid")})

"""measure_usage."""

from datetime import timedelta

from django.utils import timezone

from volumes.models import UsageSample, Volume


def test_every_volume_gets_a_sample_in_mb_rounded_up(run, alices, here, volume, row, memory):
    memory.used[str(row.pk)] = 5 * 2**20 + 1
    assert run("measure_usage").code == 0
    after = alices.get(here).json()
    assert (after["usedSize"], after["version"]) == (6, 1)
    samples = alices.get(f"{here}/usage").json()["samples"]
    assert samples == [{"at": after["usedSizeAt"], "usedSize": 6, "size": 100}]


def test_an_empty_volume_uses_0_mb(run, alices, here, volume):
    run("measure_usage")
    assert alices.get(here).json()["usedSize"] == 0


def test_a_failed_measurement_is_a_failure_and_others_are_measured(run, make, memory):
    make("one")
    lost = make("two")["id"].removeprefix("vol-")
    memory.lose(lost)
    outcome = run("measure_usage")
    assert (outcome.code, UsageSample.objects.count()) == (1, 1)
    assert "Measured 1 of 2" in outcome.out


def test_a_failed_measurement_is_shown_until_one_succeeds(run, alices, here, row, volume, memory):
    memory.used[str(row.pk)] = 5 * 2**20
    run("measure_usage")
    memory.close(str(row.pk))
    outcome = run("measure_usage")
    assert outcome.code == 1
    assert f"Could not be measured: {row.ref} uploads: Permission denied (at" in outcome.out
    since = Volume.objects.get().unmeasured_since
    run("measure_usage")
    row.refresh_from_db()
    assert (row.used_size, row.unmeasured_since) == (5, since)
    assert row.unmeasured_reason == "Permission denied."
    assert f"/srv/{row.pk}" in row.unmeasured_detail
    assert alices.get(here).json()["usedSize"] == 5
    memory.heal()
    assert run("measure_usage").code == 0
    row.refresh_from_db()
    assert (row.unmeasured_since, row.unmeasured_reason, row.unmeasured_detail) == (None, "", "")


def test_an_unavailable_storage_stops_measuring_and_marks_no_volume(run, make, memory):
    make("one")
    make("two")
    memory.before["usage"] = lambda _: memory.unmount()
    outcome = run("measure_usage")
    assert (outcome.code, "init_storage" in outcome.err) == (1, True)
    assert not Volume.objects.filter(unmeasured_since__isnull=False).exists()


def test_an_unmounted_storage_is_not_empty(run, volume, memory):
    memory.unmount()
    outcome = run("measure_usage")
    assert (outcome.code, UsageSample.objects.count()) == (1, 0)
    assert "init_storage" in outcome.err


def test_deleted_and_unprovisioned_volumes_are_not_measured(run, make, alices, volumes, memory):
    alices.delete(f"{volumes}/{make('gone')['id']}")
    memory.fail("create")
    make("broken")
    assert run("measure_usage").code == 0
    assert not UsageSample.objects.exists()


def test_old_samples_are_thinned(run, row):
    start = timezone.now().replace(minute=0, second=0, microsecond=0)
    ages = [
        *(timedelta(days=days, minutes=-minutes) for days in (400, 100, 20) for minutes in (1, 9)),
        timedelta(days=1),
        timedelta(days=1, minutes=-5),
    ]
    UsageSample.objects.bulk_create(
        UsageSample(volume=row, at=start - age, used_size=1, size=100) for age in ages
    )
    run("measure_usage")
    left = [(timezone.now() - at).days for at in UsageSample.objects.values_list("at", flat=True)]
    assert (left.count(399) + left.count(400), len(left)) == (0, 5)

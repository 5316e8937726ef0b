"""reconcile: one pass, with threads of its own, so on a database that really commits."""

import pytest

from volumes.models import Snapshot, Volume

pytestmark = pytest.mark.django_db(transaction=True)


def test_unsettled_rows_are_settled_whatever_their_backoff(run, make, memory):
    memory.fail("create")
    make("one")
    make("two")
    memory.heal()
    outcome = run("reconcile")
    assert outcome.code == 0
    assert outcome.out == "Worked on 2 rows; 0 are not settled yet.\n"
    assert set(Volume.objects.values_list("status", flat=True)) == {"ready"}


def test_remaining_failures_are_reported_with_exit_code_1(run, make, memory):
    memory.fail("create")
    made = make("one")
    outcome = run("reconcile")
    assert outcome.code == 1
    assert f"{made['id']} one: The disk is full." in outcome.out


def test_nothing_to_do_is_a_success(run, volume):
    assert run("reconcile").code == 0


def test_reconcile_finds_vanished_data(run, alices, here, row, memory):
    memory.lose(str(row.pk))
    assert run("reconcile").code == 1
    after = alices.get(here).json()
    assert after["status"] == "error"
    assert "missing" in after["statusMessage"]
    memory.bring_back(str(row.pk))
    assert run("reconcile").code == 0
    assert alices.get(here).json()["status"] == "ready"
    assert [call for call, _ in memory.calls].count("create") == 1


def test_a_failed_snapshot_is_a_failure_and_is_not_retried(
    run, alices, here, volume, memory, settings
):
    settings.RECONCILE_INLINE = False
    alices.post(f"{here}/snapshot")
    memory.fail("snapshot")
    outcome = run("reconcile")
    assert (outcome.code, Snapshot.objects.get().status) == (1, "error")
    assert "The disk is full." in outcome.out
    memory.heal()
    assert run("reconcile").code == 0
    assert (Snapshot.objects.get().status, memory.snapshots) == ("error", {})


def test_an_unavailable_storage_is_a_failure_with_its_cure(run, volume, memory):
    memory.unmount()
    outcome = run("reconcile")
    assert outcome.code == 1
    assert "init_storage" in outcome.out + outcome.err
    assert Volume.objects.get().status == "ready"


def test_data_that_cannot_be_checked_is_reported_and_the_rest_is_checked(run, make, memory):
    blind, lost = make("blind")["id"], make("lost")["id"]
    memory.close(blind.removeprefix("vol-"))
    memory.lose(lost.removeprefix("vol-"))
    outcome = run("reconcile")
    assert outcome.code == 1
    assert f"Could not be looked at: {blind} blind: Permission denied (at" in outcome.out
    assert f"{lost} lost: Its data is missing" in outcome.out


def test_a_volume_in_its_grace_is_not_touched(run, alices, here, memory, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.delete(here)
    assert run("reconcile").code == 0
    assert (Volume.objects.get().status, len(memory.volumes)) == ("deleting", 1)

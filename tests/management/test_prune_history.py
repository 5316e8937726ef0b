"""prune_history."""

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Company, Revision, Subject
from config import limits
from tests.factories import ApplicationFactory
from volumes.models import Environment, HistoryBaseline, Volume
from volumes.reconciler import history_pruning
from volumes.services import history_export
from volumes.verification import data, histories

PRUNE = "prune_history"
ALL = ("--older-than", "0", "--no-input")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(data, "PAUSE", 0)
    monkeypatch.setattr(limits, "RETENTION_PAUSE", 0)


def age(entries, days):
    entries.update(at=timezone.now() - timedelta(days=days))


def holds(run):
    outcome = run("verify", "--settled")
    assert outcome.code == 0, outcome.out
    return True


def test_nothing_to_do_is_a_success(run, db):
    outcome = run(PRUNE, *ALL)
    assert (outcome.code, outcome.out) == (0, "No history entries to remove.\n")


def test_verify_holds_after_the_whole_history_is_removed(run, changed_volume):
    assert run(PRUNE, *ALL).code == 0
    assert not Revision.objects.exists()
    assert holds(run)


def test_history_continues_after_pruning_and_verify_holds(
    run, alices, here, volumes, changed_volume, web
):
    run(PRUNE, *ALL)
    assert alices.get(f"{here}/history").json() == []
    assert alices.put(here, {"size": 400, "name": "renamed"}).status_code == 200
    assert alices.delete(f"{here}/attachment/{web.ref}").status_code == 200
    assert alices.delete(f"{here}?cascade=true").status_code == 200
    assert alices.get(f"{here}/history").json()[0]["version"] == 7
    assert holds(run)
    run(PRUNE, *ALL)
    assert holds(run)


def test_older_than_selects_the_entries(run, changed_volume):
    old = Revision.objects.filter(version=1)
    age(old, 31)
    kept = Revision.objects.exclude(version=1).count()
    assert run(PRUNE, "--older-than", "32", "--no-input").out.startswith("No history")
    assert run(PRUNE, "--older-than", "30", "--no-input").code == 0
    assert (old.count(), Revision.objects.count()) == (0, kept)
    assert holds(run)


@pytest.mark.parametrize("batch", [1, 3, 500])
def test_batches_end_in_the_same_state(run, changed_volume, monkeypatch, batch):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", batch)
    assert run(PRUNE, *ALL).code == 0
    assert not Revision.objects.exists()
    baseline = HistoryBaseline.objects.get(volume=changed_volume)
    assert baseline.version == changed_volume.version
    assert baseline.state["size"] == 300
    assert holds(run)


@pytest.mark.parametrize("batch", [1, 2, 500])
@pytest.mark.parametrize("late", [1, 2, 3])
def test_wrong_clocks_leave_no_gap(run, changed_volume, monkeypatch, late, batch):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", batch)
    age(Revision.objects.exclude(version=late), 31)
    assert run(PRUNE, "--older-than", "30", "--no-input").code == 0
    assert holds(run)
    left = Revision.objects.about(Subject.VOLUME, changed_volume.pk).filter(version__isnull=False)
    assert left.order_by("version").values_list("version", flat=True)[0] == late


def test_a_late_entry_is_pruned_in_a_later_pass(run, changed_volume, monkeypatch):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", 1)
    first = Revision.objects.get(subject_id=str(changed_volume.pk), version=1)
    later = Revision.objects.create(**{**vars_of(first), "version": None, "action": "late"})
    Revision.objects.filter(pk=first.pk).delete()
    Revision.objects.filter(pk=later.pk).update(version=1, action="create")
    assert run(PRUNE, *ALL).code == 0
    assert not Revision.objects.exists()
    assert holds(run)


def vars_of(entry):
    fields = [field.attname for field in Revision._meta.concrete_fields if field.name != "id"]
    return {name: getattr(entry, name) for name in fields}


@pytest.mark.parametrize("batch", [1, 500])
def test_a_purged_volume_keeps_its_delete_entry_until_the_rest_is_pruned(
    run, changed_volume, monkeypatch, batch
):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", batch)
    run("purge_deleted_volumes", "--older-than", "0", "--no-input")
    age(Revision.objects.filter(action="delete"), 31)
    assert run(PRUNE, "--older-than", "30", "--no-input").code == 0
    assert Revision.objects.filter(action="delete").count() == 1
    assert holds(run)
    age(Revision.objects.all(), 31)
    run(PRUNE, "--older-than", "30", "--no-input")
    assert not Revision.objects.exists()
    assert holds(run)


@pytest.mark.parametrize(("missing", "left"), [(2, [3, 4]), (3, [4])])
def test_entries_that_verify_reports_are_not_removed(run, changed_volume, missing, left):
    Revision.objects.filter(subject_id=str(changed_volume.pk), version=missing).delete()
    before = run("verify", "--json").json["checks"][5]["examples"]
    run(PRUNE, *ALL)
    versions = Revision.objects.filter(subject_id=str(changed_volume.pk)).values_list(
        "version", flat=True
    )
    assert sorted(filter(None, versions)) == left
    after = run("verify", "--json").json["checks"][5]["examples"]
    assert before[0] == after[0]


@pytest.mark.parametrize("wrong", [{"size": 250}, {"description": "nobody's"}, {"version": 9}])
def test_verify_finds_a_changed_row_after_pruning(run, changed_volume, wrong):
    run(PRUNE, *ALL)
    Volume.objects.filter(pk=changed_volume.pk).update(**wrong)
    assert run("verify").code == 1


def test_verify_finds_a_change_that_does_not_follow_from_what_was_pruned(
    run, alices, here, changed_volume
):
    run(PRUNE, *ALL)
    alices.put(here, {"size": 400})
    Revision.objects.update(changes={"size": [1, 400]})
    assert "changed size from 1" in run("verify").out


def test_the_quota_in_force_stays_and_verify_holds_below_it(
    run, alices, environment, changed_volume
):
    for quota in (5000, 100):
        alices.put(f"/environments/{environment.pk}", {"resourceQuota": {"storage": quota}})
    run(PRUNE, *ALL)
    entry = Revision.objects.get()
    assert entry.changes == {"resourceQuota.storage": [5000, 100]}
    assert holds(run)


def test_quota_entries_of_removed_companies_are_removed(run, charlie):
    other = charlie.memberships.get().company
    Revision.objects.create(
        subject="company", subject_id=str(other.pk), changes={"storageQuota": [None, 1]}
    )
    run(PRUNE, *ALL)
    assert Revision.objects.count() == 1
    Company.objects.filter(pk=other.pk).delete()
    Revision.objects.create(
        subject="company", subject_id=str(other.pk), changes={"storageQuota": [None, 1]}
    )
    run(PRUNE, *ALL)
    assert not Revision.objects.exists()


def test_entries_about_users_are_removed(run, alice, api, changed_volume):
    run("reset_second_factor", "alice")
    assert Revision.objects.filter(subject="second_factor").exists()
    run(PRUNE, *ALL)
    assert not Revision.objects.filter(subject="second_factor").exists()


@pytest.mark.parametrize("answer", ["", "no\n", "n\n"])
def test_nothing_is_removed_without_confirmation(run, changed_volume, answer, tmp_path):
    before = Revision.objects.count()
    outcome = run(PRUNE, "--older-than", "0", "--export", str(tmp_path / "old"), stdin=answer)
    assert (outcome.code, Revision.objects.count()) == (0, before)
    assert "Nothing was removed" in outcome.err
    assert not os.listdir(tmp_path)


def test_confirming_with_yes_does_it(run, changed_volume):
    assert run(PRUNE, "--older-than", "0", stdin="yes\n").code == 0
    assert not Revision.objects.exists()


def test_a_dry_run_only_shows(run, changed_volume, tmp_path):
    before = Revision.objects.count()
    outcome = run(PRUNE, *ALL, "--dry-run", "--export", str(tmp_path / "old"))
    assert outcome.out.splitlines() == ["subject  entries", f"volume   {before}"]
    assert (Revision.objects.count(), os.listdir(tmp_path)) == (before, [])


def test_json_output_has_the_same_facts(run, changed_volume):
    found = [{"subject": "volume", "entries": Revision.objects.count()}]
    assert run(PRUNE, *ALL, "--json", "--dry-run").json == report(found, [])
    assert run(PRUNE, *ALL, "--json").json == report(found, found)
    assert run(PRUNE, *ALL, "--json").json == report([], [])


def report(found, removed):
    return {"found": found, "removed": removed, "failed": []}


def test_the_export_has_every_entry_that_is_removed(run, changed_volume, tmp_path):
    there = {str(entry.pk): entry for entry in Revision.objects.all()}
    file = tmp_path / "history.jsonl"
    assert run(PRUNE, *ALL, "--export", str(file)).code == 0
    assert not Revision.objects.exists()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["id"] for line in lines} == set(there)
    assert {line["id"]: line["changes"] for line in lines} == {
        pk: entry.changes for pk, entry in there.items()
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["history.jsonl"]


def test_only_what_the_export_has_is_removed(run, changed_volume, tmp_path, monkeypatch):
    entries = history_pruning.old_entries

    def more_meanwhile(before):
        yield from entries(before)
        Revision.objects.create(subject="company", subject_id="late", at=before)

    monkeypatch.setattr("volumes.services.retention.old_entries", more_meanwhile)
    run(PRUNE, *ALL, "--export", str(tmp_path / "history"))
    assert set(Revision.objects.values_list("subject_id", flat=True)) == {"late"}


@pytest.mark.parametrize("create", [Path.touch, lambda path: path.symlink_to("elsewhere")])
def test_an_export_replaces_no_file(run, changed_volume, tmp_path, create):
    before = Revision.objects.count()
    file = tmp_path / "history"
    create(file)
    outcome = run(PRUNE, *ALL, "--export", str(file))
    assert (outcome.code, Revision.objects.count()) == (1, before)
    assert "exists already: name a new file" in outcome.err
    assert os.listdir(tmp_path) == ["history"]


def test_an_export_that_cannot_be_written_removes_nothing(
    run, changed_volume, tmp_path, monkeypatch
):
    def full(_):
        raise OSError(28, "No space left on device")

    before = Revision.objects.count()
    monkeypatch.setattr(os, "fsync", full)
    outcome = run(PRUNE, *ALL, "--export", str(tmp_path / "history"))
    assert (outcome.code, Revision.objects.count()) == (1, before)
    assert "No space left on device" in outcome.err
    assert os.listdir(tmp_path) == []


def test_an_export_that_lost_entries_removes_nothing(run, changed_volume, tmp_path, monkeypatch):
    before = Revision.objects.count()
    monkeypatch.setattr(history_export.HistoryFile, "ids", lambda _: iter([]))
    outcome = run(PRUNE, *ALL, "--export", str(tmp_path / "history"))
    assert (outcome.code, Revision.objects.count()) == (1, before)


def test_an_interrupted_run_is_continued(run, changed_volume, monkeypatch):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", 2)
    remove, calls = history_pruning._remove, []

    def dying(ids):
        calls.append(ids)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return remove(ids)

    monkeypatch.setattr(history_pruning, "_remove", dying)
    with pytest.raises(KeyboardInterrupt):
        run(PRUNE, *ALL)
    assert holds(run)
    assert run(PRUNE, *ALL).code == 0
    assert not Revision.objects.exists()
    assert holds(run)


def test_a_batch_whose_volume_is_purged_meanwhile_is_tried_again(run, changed_volume, monkeypatch):
    check, failures = history_pruning._deletes_with_a_past, [IntegrityError("volume is gone")]

    def failing(chains):
        if failures:
            raise failures.pop()
        return check(chains)

    monkeypatch.setattr(history_pruning, "_deletes_with_a_past", failing)
    assert run(PRUNE, *ALL).code == 0
    assert not Revision.objects.exists()
    assert holds(run)


def test_verify_follows_a_prune_that_runs_meanwhile(run, changed_volume, monkeypatch):
    entries = histories._entries

    def prune_first(subjects):
        monkeypatch.setattr(histories, "_entries", entries)
        run(PRUNE, *ALL)
        return entries(subjects)

    monkeypatch.setattr(histories, "_entries", prune_first)
    assert holds(run)
    assert not Revision.objects.exists()


def test_every_statement_is_bounded(run, changed_volume, environment):
    ApplicationFactory.create_batch(3, environment=environment)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        run(PRUNE, *ALL)
    selects = [one["sql"] for one in queries if 'FROM "accounts_revision"' in one["sql"]]
    assert all("LIMIT" in sql or "IN (" in sql for sql in selects)
    assert Environment.objects.exists()


@pytest.mark.parametrize(
    "arguments", [[], ["--older-than", "-1"], ["--older-than", "x"], ["--older-than", "1.5"]]
)
def test_wrong_usage_exits_with_2(run, db, arguments):
    assert run(PRUNE, *arguments).code == 2

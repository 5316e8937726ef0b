"""verify: each invariant is violated by hand and reported; changes in progress are not."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from accounts.models import Company, Revision
from config import limits
from tests.factories import ApplicationFactory, EnvironmentFactory
from volumes.models import Application, Attachment, Environment, Snapshot, Volume
from volumes.verification import data

EVERYTHING = [
    *("creates", "deletes", "quotas", "sizes", "names"),
    *("versions", "backings", "mounts", "tenants", "progress"),
]
LONG_AGO = timedelta(minutes=2)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(data, "PAUSE", 0)


@pytest.fixture
def verify(run):
    """The results by name, and their details."""

    def ask(*arguments):
        outcome = run("verify", "--json", *arguments)
        checks = {check["name"]: check for check in outcome.json["checks"]}
        assert outcome.json["holds"] == (outcome.code == 0)
        return checks

    return ask


def violated(checks):
    return {name for name, check in checks.items() if check["result"] == "violated"}


def details(checks):
    return "\n".join(line for check in checks.values() for line in check["examples"])


def deleted_row(**also):
    return {"is_deleted": True, "status": "deleted", "provisioned_size": None, **also}


def vanish(row):
    Attachment.objects.all().delete()
    Volume.objects.filter(pk=row.pk).delete()


def change(**values):
    """The row is changed behind everybody's back."""
    return lambda row: Volume.objects.filter(pk=row.pk).update(**values)


def delete_unheard(row):
    Attachment.objects.all().delete()
    Volume.objects.filter(pk=row.pk).update(**deleted_row())


def come_back(row):
    Volume.objects.filter(name="gone").update(
        is_deleted=False, status="ready", provisioned_size=100, removal_started=False
    )


def entry(row, version):
    return Revision.objects.filter(subject="volume", subject_id=str(row.pk), version=version)


def elsewhere():
    return EnvironmentFactory.create(name="elsewhere")


def same_name(row):
    drop("volume_name_once")
    Volume.objects.filter(name="copy").update(name=row.name)


def same_application(row):
    drop("application_name_once")
    ApplicationFactory.create(environment=row.environment, name="web")


def same_environment(row):
    drop("environment_name_once")
    EnvironmentFactory.create(company=row.environment.company, name=row.environment.name)


def drop(index):
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")


def mount_elsewhere(row):
    Attachment.objects.update(application=ApplicationFactory.create(environment=elsewhere()))


def fill_from_elsewhere(row):
    environment = elsewhere()
    Volume.objects.filter(name="copy").update(environment=environment)
    environment.company.storage_used = environment.storage_used = 300
    environment.save()
    environment.company.save()


OF_ROWS = {
    "a row that vanished": (vanish, {"creates", "quotas", "backings"}),
    "a row deleted by nobody": (delete_unheard, {"creates", "deletes", "quotas"}),
    "a deleted row that came back": (come_back, {"deletes", "quotas", "backings"}),
    "a sum of an environment": (
        lambda row: Environment.objects.update(storage_used=F("storage_used") + 1),
        {"quotas"},
    ),
    "a sum of a company": (lambda row: Company.objects.update(storage_used=1), {"quotas"}),
    "room that an environment did not have": (
        lambda row: Environment.objects.update(storage_quota=150),
        {"quotas"},
    ),
    "room that a company did not have": (
        lambda row: Company.objects.update(storage_quota=150),
        {"quotas"},
    ),
    "a row that shrank": (change(size=250), {"sizes", "quotas", "progress"}),
    "a history that shrank": (
        lambda row: entry(row, 4).update(changes={"size": [200, 50]}),
        {"sizes", "versions"},
    ),
    "a name twice": (same_name, {"names", "versions"}),
    "an application's name twice": (same_application, {"names"}),
    "an environment's name twice": (same_environment, {"names"}),
    "a change without an entry": (change(version=9), {"versions"}),
    "an entry without a change": (change(version=3), {"versions"}),
    "an entry lost": (lambda row: entry(row, 3).delete(), {"versions"}),
    "the first entry lost": (lambda row: entry(row, 1).delete(), {"versions"}),
    "the whole history lost": (lambda row: Revision.objects.all().delete(), {"versions"}),
    "a change that was overwritten": (
        lambda row: entry(row, 4).update(changes={"size": [100, 300]}),
        {"versions"},
    ),
    "a column changed by nobody": (change(labels={}), {"versions"}),
    "a mount of a deleted application": (
        lambda row: Application.objects.update(is_deleted=True),
        {"mounts"},
    ),
    "a life in a deleted environment": (
        lambda row: Environment.objects.update(is_deleted=True),
        {"mounts"},
    ),
    "a mount in another environment": (mount_elsewhere, {"tenants"}),
    "an entry in another environment": (
        lambda row: entry(row, 2).update(environment_id=uuid.uuid4()),
        {"tenants"},
    ),
    "a wait without an end": (
        change(status="pending", due_at=Now() - LONG_AGO, lease_until=Now() - LONG_AGO),
        {"progress"},
    ),
    "a snapshot that waits without an end": (
        lambda row: Snapshot.objects.update(status="pending", due_at=Now() - LONG_AGO),
        {"progress"},
    ),
    "a row that everybody forgot": (change(status="resizing"), {"progress"}),
    "a snapshot that everybody forgot": (
        lambda row: Snapshot.objects.update(status="pending"),
        {"progress"},
    ),
    "a claim to be ready": (change(provisioned_size=200), {"progress"}),
}


def test_a_field_that_was_added_after_a_volume_is_no_violation(verify, changed_volume):
    first = entry(changed_volume, 1).get()
    changes = {name: change for name, change in first.changes.items() if name != "protected"}
    entry(changed_volume, 1).update(changes=changes)
    assert violated(verify("--settled")) == set()


def test_a_field_that_no_entry_names_has_its_default(verify, changed_volume):
    first = entry(changed_volume, 1).get()
    changes = {name: change for name, change in first.changes.items() if name != "protected"}
    entry(changed_volume, 1).update(changes=changes)
    Volume.objects.filter(pk=changed_volume.pk).update(protected=True)
    assert violated(verify("--settled")) == {"versions"}


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_healthy_installation_is_clean(verify, changed_volume, size, monkeypatch):
    monkeypatch.setattr(limits, "VERIFY_BATCH_ROWS", size)
    checks = verify("--settled")
    assert list(checks) == EVERYTHING
    assert {check["result"] for check in checks.values()} == {"ok"}
    assert details(checks) == ""


@pytest.mark.parametrize(("damage", "names"), OF_ROWS.values(), ids=OF_ROWS)
def test_violations_in_the_database_are_found(verify, changed_volume, damage, names):
    damage(changed_volume)
    assert violated(verify()) == names


def test_a_volume_filled_from_another_companys_snapshot_is_found(verify, changed_volume):
    fill_from_elsewhere(changed_volume)
    assert "is filled from another company's snapshot" in details(verify())


OF_DATA = {
    "data that is missing": (lambda memory, row: memory.lose(str(row.pk)), {"backings"}),
    "a snapshot that is missing": (lambda memory, row: memory.snapshots.clear(), {"backings"}),
    "data that no row knows": (
        lambda memory, row: memory.volumes.update({str(uuid.uuid4()): 0.0}),
        {"backings"},
    ),
    "a snapshot that no row knows": (
        lambda memory, row: memory.snapshots.update({(str(row.pk), str(uuid.uuid4())): 0.0}),
        {"backings"},
    ),
    "data of what is deleted": (
        lambda memory, row: memory.bring_back(str(Volume.objects.get(name="gone").pk)),
        {"deletes"},
    ),
}


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(("damage", "names"), OF_DATA.values(), ids=OF_DATA)
def test_violations_in_the_storage_are_found(
    verify, changed_volume, memory, damage, names, size, monkeypatch
):
    monkeypatch.setattr(limits, "VERIFY_BATCH_ROWS", size)
    damage(memory, changed_volume)
    checks = verify()
    assert violated(checks) == names
    assert [check["violations"] for check in checks.values() if check["violations"]] == [1]


def test_missing_data_of_a_volume_in_its_grace_is_found(
    verify, alices, here, row, memory, settings
):
    settings.VOLUME_DELETE_GRACE = 60
    alices.delete(here)
    assert violated(verify("--settled")) == set()
    memory.lose(str(row.pk))
    assert row.ref in details(verify())


@pytest.mark.usefixtures("storage_root")
@pytest.mark.parametrize("area", [".tmp", ".trash"])
def test_leftovers_on_the_disk_are_found(verify, api, alice, environment, storage_root, area):
    made = api(alice).post(f"/{environment.pk}/volume", {"name": "uploads", "size": 1}).json()
    handle = made["id"].removeprefix("vol-")
    (storage_root / area / f"{handle}.0a").mkdir(parents=True)
    # Whoever lost a race may be at it for a while; once all is over, nobody is.
    assert violated(verify()) == set()
    checks = verify("--settled")
    assert violated(checks) == {"backings"}
    assert made["id"] in details(checks)


@pytest.mark.usefixtures("storage_root")
def test_data_in_the_making_is_no_violation(
    verify, api, alice, environment, storage_root, settings
):
    settings.RECONCILE_INLINE = False
    made = api(alice).post(f"/{environment.pk}/volume", {"name": "uploads", "size": 1}).json()
    (storage_root / ".tmp" / f"{made['id'].removeprefix('vol-')}.0a").mkdir(parents=True)
    assert violated(verify()) == set()


STILL_FINE = {
    "an error with its reason": change(
        status="error", status_message="The disk is full.", due_at=Now() - LONG_AGO
    ),
    "a long step": change(status="resizing", due_at=Now() - LONG_AGO, lease_until=Now() + LONG_AGO),
    "a pause": change(status="resizing", due_at=Now() + LONG_AGO),
    "a moment": change(status="resizing", due_at=Now()),
}


@pytest.mark.parametrize("touch", STILL_FINE.values(), ids=STILL_FINE)
def test_unsettled_rows_are_violations_only_with_the_option(verify, changed_volume, touch):
    touch(changed_volume)
    assert violated(verify()) == set()
    assert violated(verify("--settled")) == {"progress"}


def test_a_quota_below_the_usage_is_no_violation(verify, changed_volume, alices, environment):
    alices.put(f"/environments/{environment.pk}", {"resourceQuota": {"storage": 150}})
    assert violated(verify()) == set()
    # But whatever takes room after that is.
    alices.put(f"/environments/{environment.pk}", {"resourceQuota": {"storage": None}})
    alices.post(f"/{environment.pk}/volume", {"name": "more", "size": 1})
    Environment.objects.update(storage_quota=150)
    assert violated(verify()) == {"quotas"}


def test_data_of_purged_volumes_is_not_missing(verify, changed_volume, run):
    assert run("purge_deleted_volumes", "--older-than", "0", "--no-input").code == 0
    assert violated(verify()) == set()


def test_data_deleted_during_the_check_is_not_missing(verify, alices, here, memory):
    memory.before["state"] = lambda _: alices.delete(here)
    assert violated(verify()) == set()


def test_nothing_is_called_missing_without_the_storage(verify, changed_volume, memory):
    memory.unmount()
    checks = verify()
    unknown = {name for name, check in checks.items() if check["result"] == "unknown"}
    assert unknown == {"deletes", "backings"}
    assert "init_storage" in checks["backings"]["reason"]
    assert details(checks) == ""


def test_nothing_is_called_missing_when_the_storage_goes_away_meanwhile(
    verify, changed_volume, memory
):
    memory.lose(str(changed_volume.pk))
    memory.before["state"] = lambda _: memory.unmount()
    checks = verify()
    assert (checks["backings"]["result"], details(checks)) == ("unknown", "")


def test_what_cannot_be_read_is_reported_and_the_rest_is_checked(
    verify, changed_volume, make, run, memory
):
    blind = make("blind")["id"]
    memory.close(blind.removeprefix("vol-"))
    memory.lose(str(changed_volume.pk))
    backings = verify()["backings"]
    assert backings["examples"] == [
        f"{changed_volume.ref} {changed_volume.name}: its data is missing"
    ]
    (sentence,) = backings["unreadable"]
    assert sentence.startswith(f"{blind} blind: Permission denied (at '/srv/")
    outcome = run("verify")
    assert (outcome.code, f"Could not be looked at: {sentence}" in outcome.out) == (1, True)


def test_what_cannot_be_read_is_not_reported_as_valid(verify, changed_volume, memory):
    memory.close(str(changed_volume.pk))
    assert verify()["backings"]["result"] == "unknown"


def test_the_memory_of_another_process_cannot_be_checked(verify, changed_volume, memory):
    memory.shared = False
    assert "memory" in verify()["backings"]["reason"]


def test_five_of_many_violations_are_shown_and_all_are_counted(verify, make, run):
    for number in range(7):
        make(f"volume-{number}")
    Volume.objects.update(description="by nobody")
    check = verify()["versions"]
    assert (check["violations"], len(check["examples"])) == (7, 5)
    outcome = run("verify")
    assert (outcome.code, outcome.out.count("its history says")) == (1, 5)
    assert "and 2 more" in outcome.out


def test_verify_prints_a_table_of_invariants(run, changed_volume):
    outcome = run("verify")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert len(lines) == 11
    assert [line.split()[0] for line in lines[1:]] == [str(number) for number in range(1, 11)]
    assert all(line.endswith("ok") for line in lines[1:])


def test_verify_changes_nothing(run, changed_volume):
    with CaptureQueriesContext(connection) as asked:
        assert run("verify").code == 0
    # Declared are cursors, for what is selected.
    assert {query["sql"].split()[0] for query in asked} <= {"SELECT", "DECLARE"}


def test_the_number_of_queries_of_verify_does_not_grow_with_the_volumes(run, changed_volume, make):
    with CaptureQueriesContext(connection) as few:
        run("verify")
    for number in range(20):
        make(f"volume-{number}")
    with CaptureQueriesContext(connection) as many:
        assert run("verify").code == 0
    assert len(many) == len(few)


@pytest.mark.parametrize("argument", ["--unknown", "something"])
def test_wrong_usage_exits_with_2(run, db, argument):
    assert run("verify", argument).code == 2

"""PURGE_AFTER and HISTORY_KEEP: purge and prune by themselves, in small steps."""

import uuid
from datetime import timedelta
from threading import Event

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import Revision, Token
from config import limits
from tests.factories import give_token
from volumes.models import Application, Environment, IdempotencyRecord, Installation, Volume
from volumes.reconciler import periodic


@pytest.fixture(autouse=True)
def _installation(db, monkeypatch, memory):
    monkeypatch.setattr(limits, "RETENTION_PAUSE", 0)
    Installation.objects.get_or_create()


@pytest.fixture
def due():
    """Run the job, as if it had never run before."""

    def run_job():
        Installation.objects.update(purged_at=None, pruned_at=None)
        periodic.remove_expired(Event())

    return run_job


def days_ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def gone(alices, here, apps, web, environment):
    """A volume, an application and an environment, deleted 10 days ago."""
    alices.delete(here)
    alices.delete(f"/environments/{environment.pk}")
    Volume.objects.update(deleted_at=days_ago(10))
    Application.objects.update(modified_at=days_ago(10))
    Environment.objects.update(modified_at=days_ago(10))


def left():
    return [model.objects.count() for model in (Volume, Application, Environment)]


def test_without_settings_nothing_is_removed(due, gone, settings):
    assert (settings.PURGE_AFTER, settings.HISTORY_KEEP) == (None, None)
    Revision.objects.update(at=days_ago(1000))
    entries = Revision.objects.count()
    due()
    assert (left(), Revision.objects.count()) == ([1, 1, 1], entries)


@pytest.mark.parametrize(("days", "expected"), [(11, [1, 1, 1]), (9, [0, 0, 0]), (0, [0, 0, 0])])
def test_volumes_are_purged_after_the_configured_days(due, gone, settings, days, expected):
    settings.PURGE_AFTER = days
    due()
    assert left() == expected


def test_a_volume_in_its_grace_keeps_its_data(due, alices, here, settings, memory):
    settings.VOLUME_DELETE_GRACE, settings.PURGE_AFTER = 86400, 0
    alices.delete(here)
    due()
    assert Volume.objects.get().status == "deleting"
    assert len(memory.volumes) == 1


def test_purge_removes_ended_tokens_only(due, alice, settings):
    settings.PURGE_AFTER = 5
    Token.objects.all().delete()
    give_token(alice, name="live", expires_at=timezone.now() + timedelta(days=1))
    give_token(alice, name="revoked lately", revoked_at=days_ago(4))
    give_token(alice, name="revoked", revoked_at=days_ago(6))
    give_token(alice, name="expired", expires_at=days_ago(6))
    due()
    assert set(Token.objects.values_list("name", flat=True)) == {"live", "revoked lately"}


@pytest.mark.parametrize("batch", [1, 500])
def test_history_is_kept_for_the_configured_days(due, alices, here, settings, monkeypatch, batch):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", batch)
    settings.HISTORY_KEEP = 5
    alices.put(here, {"size": 200})
    Revision.objects.filter(version=1).update(at=days_ago(6))
    due()
    assert list(Revision.objects.values_list("version", flat=True)) == [2]


def test_a_pass_over_the_history_ends_at_recent_entries(
    due, alices, here, settings, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", 1)
    settings.HISTORY_KEEP = 5
    for size in range(101, 120):
        alices.put(here, {"size": size})
    with django_assert_max_num_queries(5):
        due()


def test_jobs_of_several_processes_run_one_at_a_time(due, gone, settings):
    settings.PURGE_AFTER = settings.HISTORY_KEEP = 5
    due()
    Volume.objects.update(deleted_at=days_ago(10))
    before = Installation.objects.get()
    Revision.objects.update(at=days_ago(10))
    entries = Revision.objects.count()
    periodic.remove_expired(Event())
    after = Installation.objects.get()
    assert (after.purged_at, after.pruned_at) == (before.purged_at, before.pruned_at)
    assert Revision.objects.count() == entries


def test_a_stopped_server_ends_the_job_after_the_present_batch(alices, here, settings, monkeypatch):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", 1)
    settings.HISTORY_KEEP = 5
    alices.put(here, {"size": 200})
    Revision.objects.update(at=days_ago(6))
    stop = Event()
    stop.set()
    periodic.remove_expired(stop)
    assert Revision.objects.count() == 2


def test_expired_keys_and_sessions_go_hourly_in_batches(db, monkeypatch, alice):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", 2)
    for number in range(5):
        IdempotencyRecord.objects.create(
            user_id=1,
            operation="volume",
            scope_id=uuid.uuid4(),
            key=str(number),
            made_id=uuid.uuid4(),
            created_at=days_ago(2),
        )
        Session.objects.create(session_key=f"old{number}", expire_date=days_ago(1))
    live = Session.objects.create(session_key="live", expire_date=days_ago(-1))
    periodic.check_hourly(Event())
    assert not IdempotencyRecord.objects.exists()
    assert list(Session.objects.all()) == [live]

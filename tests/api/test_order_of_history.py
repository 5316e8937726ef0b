"""The history of one object is in the order of its versions, whatever clocks say."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models.functions import Now
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import Revision
from tests.support.browser import Browser
from volumes.models import Application, Environment, Volume

LONG_AGO = timezone.now().replace(year=2020)
NEWEST_FIRST = [
    (3, "update"),
    (None, "snapshot_delete"),
    (None, "snapshot_create"),
    (2, "update"),
    (1, "create"),
]


@pytest.fixture
def changed(alices, here):
    """The volume at version 3, with a snapshot taken and deleted at version 2."""
    alices.put(here, {"description": "second"})
    snapshot = alices.post(f"{here}/snapshot").json()["id"]
    alices.delete(f"{here}/snapshot/{snapshot}")
    alices.put(here, {"description": "third"})


@pytest.fixture
def backwards(changed):
    """As if each version was written by a server whose clock is a day behind that of the last one."""
    day = 86_400 * 10**9
    for entry in Revision.objects.with_position():
        position = entry.position
        written = 1_700_000_000 * 10**9 - position // 2 * day + position % 2 * 10**9
        Revision.objects.filter(pk=entry.pk).update(id=uuid7(nanoseconds=written))


def plain(page):
    """What there is to read, without the markup."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def entries(response):
    return [(entry["version"], entry["action"]) for entry in response.json()]


def test_the_history_has_the_newest_version_first(alices, here, backwards):
    found = entries(alices.get(f"{here}/history"))
    # Two entries of one time and one version have identifiers in any order.
    assert sorted(found[1:3]) == sorted(NEWEST_FIRST[1:3])
    assert [found[0], *found[3:]] == [NEWEST_FIRST[0], *NEWEST_FIRST[3:]]


def test_pages_of_the_history_have_the_newest_version_first(alices, here, backwards):
    whole = entries(alices.get(f"{here}/history"))
    path, found = f"{here}/history?limit=2", []
    for _ in range(3):
        response = alices.get(path)
        found += entries(response)
        path = response.get("Link", "<>")[1:].partition(">")[0].replace("http://testserver", "")
    assert (found, path) == (whole, "")


def test_a_cursor_of_another_list_is_refused(alices, volumes, here, make, changed):
    make("other")
    link = alices.get(f"{volumes}?limit=1")["Link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]
    assert alices.get(f"{here}/history?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("page", ["", "/history"])
def test_the_console_has_the_newest_version_first(alice, row, backwards, page):
    text = plain(Browser(alice).get(f"/env/{row.environment_id}/v/{row.pk}{page}").text)
    assert text.index("to third") < text.index("took the snapshot") < text.index("to second")


def test_the_admin_has_the_newest_version_first(operator, row, backwards):
    text = plain(operator.get(f"/admin/accounts/revision/?subject_id={row.pk}").text)
    assert text.index("second → third") < text.index("none → second")


@pytest.fixture
def operator(alice):
    alice.is_staff = alice.is_superuser = True
    alice.save(update_fields=["is_staff", "is_superuser"])
    return Browser(alice)


def test_entries_from_before_the_upgrade_keep_their_order(alices, here, changed, settings):
    before = entries(alices.get(f"{here}/history"))
    Revision.objects.update(rank=None)
    migration = import_module("accounts.migrations.0006_order_of_histories")
    migration.rank_entries_without_version(apps, None)
    assert entries(alices.get(f"{here}/history")) == before == NEWEST_FIRST
    assert set(Revision.objects.filter(version=None).values_list("rank", flat=True)) == {5}
    assert not Revision.objects.filter(version__isnull=False, rank__isnull=False).exists()


@pytest.fixture
def slow_clock(monkeypatch):
    """The clock of this server is set back by years, for defaults of fields too."""

    class SlowClock(datetime):
        @classmethod
        def now(cls, tz=None):
            return LONG_AGO

    monkeypatch.setattr(timezone, "datetime", SlowClock)


def test_a_volumes_time_of_change_never_goes_back(alices, here, volume, slow_clock):
    changed = alices.put(here, {"description": "later"}).json()
    assert (changed["version"], changed["modifiedAt"]) == (2, volume["modifiedAt"])
    alices.delete(here)
    row = Volume.objects.get()
    assert row.modified_at >= row.created_at


def test_an_applications_time_of_change_never_goes_back(alices, apps, request):
    made = alices.post(apps, {"name": "web"}).json()
    request.getfixturevalue("slow_clock")
    changed = alices.put(f"{apps}/{made['id']}", {"name": "www"}).json()
    assert (changed["version"], changed["modifiedAt"]) == (2, made["modifiedAt"])
    alices.delete(f"{apps}/{made['id']}")
    row = Application.objects.get()
    assert row.modified_at >= row.created_at


def test_an_environments_time_of_change_never_goes_back(alices, environment, slow_clock):
    path = f"/environments/{environment.pk}"
    before = alices.get(path).json()["modifiedAt"]
    assert alices.put(path, {"name": "renamed"}).json()["modifiedAt"] == before
    alices.delete(path)
    row = Environment.objects.get()
    assert row.modified_at >= row.created_at


def test_cleanup_compares_times_of_the_database_only(alices, here, attached, web, request):
    """A server whose clock is behind must not make a volume look unused, or deleted, for years."""
    request.getfixturevalue("slow_clock")
    alices.delete(f"{here}/attachment/{web.ref}")
    assert Volume.objects.filter(detached_at__gt=a_minute_ago()).exists()
    alices.put(here, {"attachedAppsRefs": [web.ref]})
    Volume.objects.update(detached_at=LONG_AGO)
    alices.put(here, {"attachedAppsRefs": []})
    assert Volume.objects.filter(detached_at__gt=a_minute_ago()).exists()
    alices.delete(here)
    assert Volume.objects.filter(deleted_at__gt=a_minute_ago()).exists()


def a_minute_ago():
    return Now() - timedelta(minutes=1)


def test_the_servers_clock_does_not_expire_an_idempotency_key(alices, volumes, volume, slow_clock):
    body = {"name": "again", "size": 1}
    first = alices.post(volumes, body, Idempotency_Key="one")
    again = alices.post(volumes, body, Idempotency_Key="one")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])

"""What an operator sees first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import UserFactory, give_second_factor, give_token
from tests.support.people import log_in
from tests.support.storage import Fallible
from tests.support.words import text
from volumes.models import Snapshot, StorageScan, UsageSample, Volume
from volumes.monitoring import dashboard
from volumes.reconciler import orphans, periodic
from volumes.reconciler.orphans import scan
from volumes.reconciler.storage_facts import MIB, refresh_storage_facts

STRAY = "0199aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa"


def sample(volume: Volume, days: int, used: int) -> None:
    at = timezone.now() - timedelta(days=days, minutes=1)
    UsageSample.objects.create(volume=volume, at=at, used_size=used, size=volume.size)


def test_an_empty_installation_has_no_alerts(desk: Client) -> None:
    page = desk.get("/admin/").text
    assert "Everything is settled." in page
    assert "There are no usage samples yet." in page
    assert "Nobody scanned yet" in page
    assert "None within two weeks." in page


def test_volumes_are_counted_by_status_and_summed(make: Callable[..., Volume]) -> None:
    make("a", size=100)
    make("b", size=200)
    Volume.objects.filter(name="a").update(used_size=40, provisioned_size=100)
    Volume.objects.filter(name="b").update(status="error", provisioned_size=None, used_size=None)
    totals = dashboard.totals()
    assert dict(totals.by_status)["ready"] == 1
    assert dict(totals.by_status)["error"] == 1
    assert dict(totals.by_status)["deleted"] == 0
    assert (totals.asked, totals.held, totals.used) == (300, 100, 40)


def test_growth_is_the_total_usage_of_all_volumes(make: Callable[..., Volume]) -> None:
    old, new, gone = make("old"), make("new"), make("gone")
    sample(old, 40, 10)
    sample(old, 1, 30)
    sample(new, 12, 20)
    sample(gone, 30, 50)
    Volume.objects.filter(name="gone").update(deleted_at=timezone.now() - timedelta(days=8))
    grown = dashboard.growth(3)
    assert [used for _, used in grown.points] == [60, 60, 60, 60, 80, 30, 50]
    assert (grown.now, grown.added, grown.lost) == (50, -10, 10)


def test_growth_takes_one_query(
    make: Callable[..., Volume], django_assert_num_queries: Callable[..., Any]
) -> None:
    for n in range(5):
        sample(make(f"v{n}"), n, n)
    with django_assert_num_queries(1):
        dashboard.growth(5)


def test_the_dashboard_names_its_scan_limit(
    desk: Client, make: Callable[..., Volume], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.limits.MAX_SUMMED_VOLUMES", 1)
    monkeypatch.setattr("config.limits.MAX_FOLLOWED_VOLUMES", 1)
    for n, name in enumerate(["settled", "broken", "newest"]):
        sample(make(name, size=100), 1, 10 + n)
    Volume.objects.filter(name="broken").update(status="error", due_at=timezone.now())
    totals = dashboard.totals()
    assert (totals.asked, totals.is_whole) == (200, False)
    assert {one for one in totals.by_status if one[1]} == {("ready", 1), ("error", 1)}
    grown = dashboard.growth(totals.volumes)
    assert (grown.now, grown.of) == (12, 1)
    page = desk.get("/admin/").text
    assert (
        page.count("At least: counted are the newest 1 volumes and all that are not settled.") == 2
    )
    assert "In the 1 volumes that were measured last." in page


def test_unsettled_rows_are_listed_with_their_reason(
    desk: Client, memory: Fallible, make: Callable[..., Volume]
) -> None:
    memory.fail("create")
    make("late")
    page = desk.get("/admin/").text
    assert "late</a>, error, wanted" in page
    assert "The disk is full." in page


def test_waiting_snapshots_are_listed_as_unsettled(desk: Client, volume: Volume) -> None:
    place = {"volume": volume, "environment": volume.environment}
    Snapshot.objects.create(**place, name="slow", size=1, due_at=timezone.now())
    assert "slow</a>, a snapshot of uploads, pending" in desk.get("/admin/").text


def test_the_findings_of_a_scan_are_shown(
    desk: Client, memory: Fallible, volume: Volume, make: Callable[..., Volume]
) -> None:
    memory.volumes[STRAY] = 0.0
    memory.lose(str(volume.pk))
    periodic.check_settled(Volume.objects.settled())
    found = scan(timedelta(days=1))
    page = desk.get("/admin/").text
    assert "<strong>1</strong> found." in page
    assert STRAY in page
    assert "uploads</a> of Acme / production, since" in page
    assert StorageScan.objects.get().missing == 1
    orphans.remove(found.orphans[0])
    assert STRAY not in desk.get("/admin/").text


def test_the_periodic_job_scans_once_a_day(memory: Fallible, volume: Volume) -> None:
    memory.volumes[STRAY] = 0.0
    periodic.scan_daily()
    first = StorageScan.objects.get()
    assert first.orphans == 1
    periodic.scan_daily()
    assert StorageScan.objects.get().at == first.at
    StorageScan.objects.update(at=timezone.now() - timedelta(days=2))
    periodic.scan_daily()
    assert StorageScan.objects.get().at > first.at


def test_a_storage_that_cannot_be_scanned_has_no_findings(memory: Fallible, volume: Volume) -> None:
    memory.unmount()
    periodic.scan_daily()
    assert not StorageScan.objects.exists()


def test_tokens_about_to_expire_are_listed(desk: Client, olga: User) -> None:
    give_token(olga, name="deploy", expires_at=timezone.now() + timedelta(days=3))
    give_token(olga, name="later", expires_at=timezone.now() + timedelta(days=30))
    page = desk.get("/admin/").text
    assert "deploy</a> of olga" in page
    assert "later" not in page


def test_recent_activity_is_shown(desk: Client, volume: Volume) -> None:
    desk.post("/admin/volumes/volume/do/protect/", {"_selected_action": [str(volume.pk)]})
    page = desk.get("/admin/").text
    assert "olga protected volume uploads" in page
    assert "here in the admin" in page


def test_staff_without_permission_for_volumes_sees_none_on_the_dashboard(
    client: Client, volume: Volume
) -> None:
    nina = UserFactory.create(username="nina", is_staff=True)
    nina.user_permissions.set(Permission.objects.filter(codename="view_user"))
    give_second_factor(nina)
    log_in(client, nina)
    page = client.get("/admin/").text
    assert "Used over 30 days" not in page
    assert "uploads" not in page


@pytest.mark.usefixtures("remembered_storage_state")
def test_the_index_takes_few_queries(
    desk: Client, make: Callable[..., Volume], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for n in range(10):
        sample(make(f"v{n}"), n, n)
    Volume.objects.update(status="error", due_at=timezone.now(), missing_since=timezone.now())
    with django_assert_max_num_queries(14):
        page = desk.get("/admin/")
    assert "All volumes that are not settled" in page.text
    assert len(page.content) < 60_000


def test_the_capacity_is_shown_with_what_is_promised(
    desk: Client, make: Callable[..., Volume], memory: Fallible
) -> None:
    make("one", size=70)
    memory.total, memory.enforces_sizes = 200 * MIB, True
    memory.used = dict.fromkeys(memory.volumes, 10 * MIB)
    refresh_storage_facts()
    words = text(desk.get("/admin/"))
    shown = (
        f"Total 200 MB Used {10 * len(memory.volumes)} MB, {5 * len(memory.volumes)}%"
        f" Promised {promised()} MB Ratio {promised() / 200:.2f} Limit 200 MB Sizes enforced"
    )
    assert shown in words


def test_a_lost_enforcement_of_sizes_is_shown_with_the_cause(
    desk: Client, memory: Fallible
) -> None:
    memory.enforces_sizes = True
    refresh_storage_facts()
    memory.enforces_sizes = False
    refresh_storage_facts()
    words = text(desk.get("/admin/"))
    assert "Sizes have not been enforced since" in words
    assert "The storage in memory holds no files" in words


def promised() -> int:
    return sum(Volume.objects.values_list("size", flat=True))

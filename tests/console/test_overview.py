"""/"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Company, Membership, Role
from tests.factories import CompanyFactory, EnvironmentFactory, MembershipFactory, UserFactory
from tests.support.words import text
from volumes.models import UsageSample, Volume, VolumeStatus


@pytest.fixture
def change(volume):
    """`change(status="error")` is what happened to the volume meanwhile."""
    return lambda **fields: Volume.objects.filter(pk=volume.pk).update(**fields)


def test_an_anonymous_visitor_is_redirected_to_login(client, db):
    assert client.get("/")["Location"] == "/login?next=/"


def test_environments_are_listed_with_quota_and_counts(bobs, make, here, company):
    company.environments.update(storage_quota=10240)
    make("uploads", size=1024)
    make("logs", size=1024)
    Volume.objects.update(used_size=256)
    page = bobs.get("/")
    assert "512 MB used 2 GB provisioned 8 GB left of a quota of 10 GB" in text(page)
    assert "2 ready" in text(page)
    assert f'href="{here}"' in page.text
    assert f'href="{here}?status=ready"' in page.text


def test_users_see_only_their_own_environments(charlies, volume, charlies_environment):
    page = charlies.get("/")
    assert f"/env/{charlies_environment.pk}" in page.text
    assert "Acme" not in page.text


def test_a_user_without_a_company_is_told_what_to_do(browser, db):
    page = text(browser(UserFactory.create(username="nora")).get("/"))
    assert "You're not in a company yet" in page
    assert "nora" in page


def test_admins_of_a_company_without_environments_can_create_one(alices, company):
    page = alices.get("/")
    assert "Acme has no environment yet" in text(page)
    assert 'href="/new-environment"' in page.text


def test_viewers_are_not_offered_a_new_environment(bobs, company):
    assert "/new-environment" not in bobs.get("/").text


def test_companies_are_shown_separately(browser, alice, environment):
    zebra = CompanyFactory.create(name="Zebra", storage_quota=2048)
    MembershipFactory.create(user=alice, company=zebra)
    EnvironmentFactory.create(company=zebra, name="stables")
    page = text(browser(alice).get("/"))
    assert page.index("Acme") < page.index("production") < page.index("Zebra")
    assert page.index("Zebra") < page.index("stables")
    assert "0 MB provisioned of the company's 2 GB" in page


def test_a_healthy_volume_has_no_alert(alices, volume):
    assert "Needs attention" not in text(alices.get("/"))


def test_the_alert_of_missing_data_has_time_and_link(alices, there, change):
    change(
        status=VolumeStatus.ERROR,
        status_message="Its data is missing since 2026-01-01 08:00 UTC. Nothing was made in its place.",
        missing_since=timezone.now(),
    )
    page = alices.get("/")
    assert "uploads in production Its data is missing since 2026-01-01" in text(page)
    assert "Nothing was made in its place." in text(page)
    assert f'href="{there}"' in page.text


def test_the_alert_of_an_error_has_its_reason(alices, change):
    change(status=VolumeStatus.ERROR, status_message="The disk is full.")
    assert "uploads in production The disk is full. Look" in text(alices.get("/"))


@pytest.mark.parametrize(("used", "words"), [(80, "80 % full."), (95, "95 % full.")])
def test_an_almost_full_volume_has_an_alert_with_a_link_to_grow(alices, there, change, used, words):
    change(used_size=used)
    page = alices.get("/")
    assert words in text(page)
    assert f'href="{there}/grow"' in page.text


def test_a_volume_below_80_percent_has_no_alert(alices, change):
    change(used_size=79)
    assert "Needs attention" not in text(alices.get("/"))


def test_the_alert_has_the_projected_day_if_there_is_one(alices, volume, change):
    change(used_size=90)
    for days, used in [(2, 70), (1, 80), (0, 90)]:
        at = timezone.now() - timedelta(days=days)
        UsageSample.objects.create(volume=volume, at=at, used_size=used, size=100)
    assert "90 % full, and full tomorrow at this pace." in text(alices.get("/"))


def test_alerts_link_viewers_to_the_volume_and_not_to_a_form(bobs, there, change):
    change(used_size=90)
    page = bobs.get("/")
    assert f"{there}/grow" not in page.text
    assert f'href="{there}"' in page.text


def test_an_unused_volume_has_an_alert_after_30_days(alices, change):
    change(detached_at=timezone.now() - timedelta(days=61))
    assert "No application has used it for 61 days." in text(alices.get("/"))


def test_an_attached_volume_is_never_unused(alices, make, web):
    volume = make("logs", attachedAppsRefs=[web.ref])
    Volume.objects.filter(pk=volume.pk).update(detached_at=timezone.now() - timedelta(days=61))
    assert "Needs attention" not in text(alices.get("/"))


def test_a_protected_volume_has_no_alert_when_unused(alices, change):
    change(protected=True, detached_at=timezone.now() - timedelta(days=61))
    assert "Needs attention" not in text(alices.get("/"))


def test_a_volume_without_a_snapshot_for_a_week_has_an_alert(alices, change):
    change(created_at=timezone.now() - timedelta(days=8))
    assert "It has no snapshot of the last 7 days." in text(alices.get("/"))


def test_a_volume_with_a_recent_snapshot_has_no_alert(alices, change, snapshot):
    change(created_at=timezone.now() - timedelta(days=8))
    assert "Needs attention" not in text(alices.get("/"))


def test_each_volume_has_one_alert_of_the_worst_kind(alices, change):
    long_ago = timezone.now() - timedelta(days=61)
    change(status=VolumeStatus.ERROR, used_size=99, detached_at=long_ago, created_at=long_ago)
    assert alices.get("/").text.count('class="alert-reason"') == 1


def test_many_alerts_of_one_kind_are_grouped_with_a_link(alices, here, make):
    for number in range(9):
        make(f"cache-{number}")
    Volume.objects.update(status=VolumeStatus.ERROR, status_message="It broke.")
    page = alices.get("/")
    assert text(page).count("It broke.") == 3
    assert "6 more in production in error." in text(page)
    assert f'href="{here}?status=error"' in page.text


def test_alerts_that_are_not_shown_are_counted(alices, company, make, volume):
    for number in range(4):
        other = EnvironmentFactory.create(company=company, name=f"other-{number}")
        for name in ("a", "b", "c"):
            Volume.objects.filter(pk=make(name).pk).update(environment=other)
    Volume.objects.update(status=VolumeStatus.ERROR)
    assert "And 5 more, each in its environment." in text(alices.get("/"))


@pytest.mark.usefixtures("remembered_storage_state")
def test_the_overview_stays_within_its_query_budget(
    browser, alice, company, make, django_assert_max_num_queries
):
    for name in ("full", "broken", "unused", "bare"):
        make(name)
    long_ago = timezone.now() - timedelta(days=61)
    Volume.objects.filter(name="full").update(used_size=99)
    Volume.objects.filter(name="broken").update(status=VolumeStatus.ERROR)
    Volume.objects.filter(name="unused").update(detached_at=long_ago)
    Volume.objects.filter(name="bare").update(created_at=long_ago)
    for number in range(30):
        EnvironmentFactory.create(company=company, name=f"other-{number}")
    alices = browser(alice)
    with django_assert_max_num_queries(12):
        page = alices.get("/")
    assert page.text.count('class="alert-reason"') == 4
    assert "1–24 of 31" in text(page)
    assert "other-9" in text(alices.get("/?page=2"))


def test_alerts_of_very_many_environments_are_those_of_the_page(
    alices, company, change, monkeypatch
):
    monkeypatch.setattr("config.limits.MAX_WATCHED_ENVIRONMENTS", 24)
    EnvironmentFactory.create_batch(24, company=company)
    change(status=VolumeStatus.ERROR, status_message="It broke.")
    assert "It broke." not in alices.get("/").text
    page = text(alices.get("/?page=2"))
    assert "It broke." in page
    assert "Told of the environments on this page." in page


def test_alerts_of_very_many_volumes_cover_the_newest_and_the_unsettled(alices, make, monkeypatch):
    monkeypatch.setattr("config.limits.MAX_COUNTED_ROWS", 2)
    for name in ("lost", "old", "full", "new"):
        make(name)
    Volume.objects.exclude(name="new").update(used_size=99)
    Volume.objects.filter(name="lost").update(status=VolumeStatus.ERROR, due_at=timezone.now())
    page = text(alices.get("/"))
    assert [f"{name} in production" in page for name in ("lost", "full", "old")] == [
        True,
        True,
        False,
    ]
    assert "Looked at are the newest 2 volumes, and all that are not settled." in page


def test_counts_on_a_card_are_capped(bobs, make, monkeypatch):
    monkeypatch.setattr("config.limits.MAX_COUNTED_ROWS", 3)
    monkeypatch.setattr("config.limits.MAX_CARD_VOLUMES", 2)
    for name in ("old", "full", "new"):
        make(name, size=100)
    Volume.objects.update(used_size=20)
    make("lost", size=100)
    Volume.objects.filter(name="lost").update(status=VolumeStatus.ERROR)
    page = text(bobs.get("/"))
    assert "at least 20 MB used 400 MB provisioned" in page
    assert "1 in error 2+ ready" in page


def test_counts_of_few_volumes_are_exact(bobs, make, monkeypatch):
    monkeypatch.setattr("config.limits.MAX_CARD_VOLUMES", 1)
    for name in ("old", "new"):
        make(name, size=100)
    Volume.objects.update(used_size=20)
    page = text(bobs.get("/"))
    assert "40 MB used 200 MB provisioned" in page
    assert "at least" not in page
    assert "2 ready" in page


def test_companies_without_an_environment_are_paginated(browser, alice, environment):
    for number in range(26):
        MembershipFactory.create(user=alice, company__name=f"Zebra {number:02}")
    page = text(browser(alice).get("/"))
    assert ("Acme" in page, "Zebra 23" in page, "Zebra 24" in page) == (True, True, False)
    assert "There are more companies without an environment: your companies." in page


def test_a_former_member_sees_nothing(browser, bob, company, environment):
    bobs = browser(bob)
    Membership.objects.filter(user=bob).delete()
    assert "production" not in bobs.get("/").text


def test_the_navigation_links_to_activity_and_tokens(bobs):
    page = bobs.get("/")
    assert 'href="/activity"' in page.text
    assert 'href="/settings/tokens"' in page.text


def test_an_admin_of_one_of_two_companies_can_create_environments(browser, bob, environment):
    MembershipFactory.create(user=bob, company=Company.objects.create(name="Bobs"), role=Role.ADMIN)
    assert "/new-environment" in browser(bob).get("/").text

"""/activity, and the activity of one environment."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from accounts.audit import record
from accounts.callers import Actor
from accounts.exports import ExportStream
from accounts.models import Export, Revision, Subject
from tests.factories import CompanyFactory, EnvironmentFactory, MembershipFactory, UserFactory
from tests.support.words import text
from volumes.console.panels import activity_feed
from volumes.models import Volume


@pytest.fixture
def happened(company, environment, alice):
    """`happened("delete", "uploads", by=erin)` stands in the history."""

    def write(action, name, *, by=alice, via="session", at=environment, of=company, **changes):
        return record(
            actor=Actor(by=by.ref, via=via, ip="192.0.2.7"),
            action=action,
            subject=Subject.VOLUME,
            subject_id=f"00000000-0000-4000-8000-{Revision.objects.count():012}",
            subject_name=name,
            company_id=of and of.pk,
            environment_id=at.pk,
            changes=changes,
        )

    return write


@pytest.fixture
def some(happened, erin, company):
    """Alice deleted one, Erin's token changed one, Alice made one elsewhere."""
    happened("delete", "uploads")
    happened("update", "logs", by=erin, via="token:deploy", size=[1024, 2048])
    happened("create", "cache", at=EnvironmentFactory.create(company=company, name="staging"))


@pytest.fixture
def table(bobs):
    """`table("person=…")` is the export, row by row."""

    def read(query=""):
        answer = bobs.get(f"/activity.csv?{query}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        raw = b"".join(answer.streaming_content).decode()
        return list(csv.DictReader(io.StringIO(raw, newline="")))

    return read


def test_activity_shows_the_newest_changes_first(bobs, some):
    words = text(bobs.get("/activity"))
    assert "alice made the volume cache in staging just now" in words
    assert "erin by token deploy grew the volume logs in production just now" in words
    assert "from 1 GB → to 2 GB" in words
    assert words.index("cache in staging") < words.index("uploads in production")
    assert "3 changes" in words


def test_only_existing_volumes_are_links(bobs, there, volume, some):
    page = bobs.get("/activity").text
    assert f'href="{there}"' in page
    assert page.count("/v/") == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("person={erin}", ["logs"]),
        ("token=token:deploy", ["logs"]),
        ("token=session", ["cache", "uploads"]),
        ("environment={production}", ["logs", "uploads"]),
        ("action=delete", ["uploads"]),
        ("person={alice}&action=create", ["cache"]),
        ("person=nobody", []),
        ("environment=nonsense", []),
        ("token=&person=&action=&environment=", ["cache", "logs", "uploads"]),
    ],
)
def test_filters_apply_to_the_page_and_the_export(
    bobs, table, some, alice, erin, environment, query, names
):
    query = query.format(alice=alice.ref, erin=erin.ref, production=environment.pk)
    page = bobs.get(f"/activity?{query}")
    assert [
        name for name in ("cache", "logs", "uploads") if f">{name}</strong>" in page.text
    ] == names
    assert [row["name"] for row in table(query)] == names


def test_filters_offer_the_users_and_actions_of_the_history(bobs, some, erin, environment):
    page = bobs.get(f"/activity?person={erin.ref}").text
    assert f'<option value="{erin.ref}" selected>erin</option>' in page
    assert '<option value="token:deploy">Token deploy</option>' in page
    assert f'<option value="{environment.pk}">production</option>' in page
    assert '<option value="update">Changed</option>' in page
    assert '<option value="attach">' not in page


def test_former_members_can_be_selected(bobs, happened):
    gone = UserFactory.create(username="gone")
    happened("delete", "uploads", by=gone)
    assert f'<option value="{gone.ref}">gone</option>' in bobs.get("/activity").text


def test_old_actions_are_offered_on_the_page_that_shows_them(bobs, some, erin, monkeypatch):
    monkeypatch.setattr("config.limits.MAX_SEEN_CHANGES", 1)
    offered = f'<option value="{erin.ref}"'
    assert offered not in bobs.get("/activity?action=create").text
    assert f"{offered} selected>erin" in bobs.get(f"/activity?person={erin.ref}").text


def test_an_empty_result_links_to_the_unfiltered_list(bobs, some):
    assert "Nothing like that happened." in text(bobs.get("/activity?person=nobody"))


def test_the_page_of_a_company_without_activity_says_so(bobs):
    assert "Nothing has happened yet." in text(bobs.get("/activity"))


def test_a_user_without_a_company_is_informed(browser, db):
    nora = browser(UserFactory.create(username="nora"))
    assert "You're not in a company yet." in text(nora.get("/activity"))
    assert nora.get("/activity.csv").status_code == 404


@pytest.mark.usefixtures("remembered_storage_state")
def test_activity_has_50_entries_a_page_in_few_queries(
    bobs, happened, make, django_assert_max_num_queries
):
    make("uploads")
    for number in range(120):
        happened("update", f"cache-{number:03}", size=[1, 2])
    with django_assert_max_num_queries(12):
        page = bobs.get("/activity?action=update&page=2")
    assert "51–100 of 120" in text(page)
    assert "cache-069" in page.text
    assert 'href="?action=update&amp;page=3"' in page.text


def test_the_export_keeps_the_filters_of_the_page(bobs, some, company):
    page = bobs.get("/activity?action=delete&page=1").text
    assert f'href="/activity.csv?action=delete&amp;company={company.pk}"' in page


def test_the_address_selects_one_of_several_companies(browser, bob, some, happened):
    zebra = CompanyFactory.create(name="Zebra")
    MembershipFactory.create(user=bob, company=zebra)
    stables = EnvironmentFactory.create(company=zebra, name="stables")
    happened("create", "hay", of=zebra, at=stables)
    bobs = browser(bob)
    assert "hay" not in text(bobs.get("/activity"))
    page = bobs.get(f"/activity?company={zebra.pk}")
    assert "hay in stables" in text(page)
    assert "logs" not in text(page)
    assert f'<option value="{zebra.pk}" selected>' in page.text


def test_joining_another_company_does_not_change_the_default(browser, bob, some, happened):
    aardvark = CompanyFactory.create(name="Aardvark")
    MembershipFactory.create(user=bob, company=aardvark)
    happened("create", "ants", of=aardvark, at=EnvironmentFactory.create(company=aardvark))
    bobs = browser(bob)
    assert "cache" in text(bobs.get("/activity"))
    exported = b"".join(bobs.get("/activity.csv").streaming_content).decode()
    assert ("cache" in exported, "ants" in exported) == (True, False)


def test_one_of_too_many_companies_is_entered_by_name(browser, bob, some, happened, monkeypatch):
    monkeypatch.setattr("config.limits.MAX_CHOICES", 1)
    zebra = CompanyFactory.create(name="Zebra")
    MembershipFactory.create(user=bob, company=zebra)
    happened("create", "hay", of=zebra, at=EnvironmentFactory.create(company=zebra))
    bobs = browser(bob)
    assert "Zebra" not in bobs.get("/activity").text
    page = bobs.get("/activity?company=Zebra")
    assert "hay in" in text(page)
    assert 'name="company" value="Zebra"' in page.text


@pytest.mark.parametrize("path", ["/activity", "/activity.csv"])
def test_members_of_another_company_do_not_see_the_activity(charlies, company, some, path):
    assert charlies.get(f"{path}?company={company.pk}").status_code == 404
    assert charlies.get(f"{path}?company=x").status_code == 404
    assert "uploads" not in b"".join(charlies.get(path)).decode()


def test_an_anonymous_visitor_is_redirected_to_login(client, db):
    assert client.get("/activity.csv").status_code == 302


def test_the_export_has_every_column(table, some, erin, environment):
    row = table("action=update")[0]
    assert row["at"].endswith("Z")
    assert (row["by"], row["person"], row["via"]) == (erin.ref, "erin", "token:deploy")
    assert (row["ip"], row["environment"]) == ("192.0.2.7", "production")
    assert (row["subject"], row["name"], row["action"]) == ("volume", "logs", "update")
    assert json.loads(row["changes"]) == {"size": [1024, 2048]}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(table, happened, start):
    happened("update", f"{start}cmd|' /C calc'!A0", via=f"token:{start}x")
    row = table()[0]
    assert row["name"] == f"'{start}cmd|' /C calc'!A0"


def test_the_export_reads_in_batches_and_loses_nothing(table, happened, monkeypatch):
    monkeypatch.setattr(activity_feed, "BATCH_ROWS", 3)
    for number in range(7):
        happened("update", f"cache-{number}")
    assert [row["name"] for row in table()] == [f"cache-{number}" for number in reversed(range(7))]


def test_the_export_is_a_file_named_after_company_and_day(bobs, some):
    name = bobs.get("/activity.csv")["Content-Disposition"]
    assert name.startswith('attachment; filename="activity-acme-2')
    assert name.endswith('.csv"')


def test_the_tab_of_an_environment_shows_its_activity(bobs, here, some, company, environment):
    page = bobs.get(f"{here}/activity")
    assert "alice deleted the volume uploads just now" in text(page)
    assert "cache" not in text(page)
    every = f"{reverse('activity')}?company={company.pk}&amp;environment={environment.pk}"
    assert f'href="{every}"' in page.text


def test_the_tab_of_an_environment_stays_within_its_query_budget(
    bobs, here, happened, web, make, django_assert_max_num_queries
):
    make("uploads")
    Volume.objects.update(used_size=99)
    for number in range(60):
        happened("update", f"cache-{number}", attachedAppsRefs=[[], [web.ref]])
    with django_assert_max_num_queries(12):
        assert "1–50 of 61" in text(bobs.get(f"{here}/activity"))


def test_the_tab_of_an_environment_without_activity_says_so(bobs, here):
    assert "Whatever people and tokens change here" in text(bobs.get(f"{here}/activity"))


# One download at a time -----------------------------------------------------


def test_a_second_download_of_a_person_is_429_until_the_first_has_ended(bobs, some):
    first = bobs.get("/activity.csv")
    second = bobs.get("/activity.csv")
    assert second.status_code == 429
    assert second["Retry-After"] == "10"
    assert "Another download of yours is still running" in text(second)
    assert len(list(first.streaming_content)) > 1
    assert bobs.get("/activity.csv").status_code == 200


def test_an_aborted_download_lets_the_next_one_start(bobs, bob, some):
    first = ExportStream(bob, iter(["a", "b"]))
    assert next(first) == "a"
    first.close()
    assert bobs.get("/activity.csv").status_code == 200


def test_the_download_of_a_dead_process_blocks_until_its_lease_expires(bobs, bob, some):
    assert bobs.get("/activity.csv").status_code == 200
    Export.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert bobs.get("/activity.csv").status_code == 200


def test_a_download_that_lost_its_lease_does_not_end_its_successor(bobs, bob, some):
    first = ExportStream(bob, iter(["a"]))
    Export.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert bobs.get("/activity.csv").status_code == 200
    first.close()
    assert bobs.get("/activity.csv").status_code == 429


def test_users_can_download_at_the_same_time(bobs, erins, some):
    assert bobs.get("/activity.csv").status_code == 200
    assert erins.get("/activity.csv").status_code == 200

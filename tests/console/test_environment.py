"""/env/<id>: its volumes, filtered, sorted and paged."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import ApplicationFactory, EnvironmentFactory
from tests.support.words import text
from volumes.models import Attachment, Volume, VolumeStatus

ROW = re.compile(r'id="v-([a-z0-9-]+)"')


def names(page):
    return ROW.findall(page.text)


@pytest.fixture
def three(make, web):
    make("alpha", size=300, labels={"tier": "db"}, attachedAppsRefs=[web.ref])
    make("beta", size=100, labels={"tier": "files", "backup": "no"})
    make("gamma", size=200)
    Volume.objects.filter(name="alpha").update(used_size=30)
    Volume.objects.filter(name="beta").update(used_size=90)


@pytest.fixture
def crowd(environment, alice):
    """500 volumes, without the storage's work."""
    Volume.objects.bulk_create(
        Volume(
            environment=environment,
            name=f"cache-{number:03}",
            size=1024,
            used_size=number,
            provisioned_size=1024,
            mount_path=f"/cache/{number}",
            status=VolumeStatus.READY,
            labels={"tier": "cache", "shard": str(number)},
            created_by=alice.ref,
            modified_by=alice.ref,
        )
        for number in range(500)
    )
    apps = [ApplicationFactory.create(environment=environment, name=name) for name in "ab"]
    Attachment.objects.bulk_create(
        Attachment(volume=volume, application=app, mount_path=volume.mount_path)
        for volume in Volume.objects.all()
        for app in apps
    )


def test_a_row_shows_the_facts_of_a_volume(bobs, here, three):
    page = bobs.get(here)
    words = text(page)
    assert "3 volumes" in words
    assert "alpha Ready 30 of 300 MB /data/alpha web tier: db just now" in words
    assert "beta 90 % full 90 of 100 MB /data/beta nobody tier: files +1" in words
    assert "gamma Ready – of 200 MB" in words


def test_the_header_shows_the_quota_and_the_tabs_their_counts(bobs, here, environment, three):
    type(environment).objects.update(storage_quota=1000)
    words = text(bobs.get(here))
    assert "120 MB used 600 MB provisioned 400 MB left of a quota of 1000 MB" in words
    assert "Volumes 3 Applications 1 Activity Settings" in words


def test_alerts_are_shown_above_the_list(alices, here, three):
    assert "Needs attention beta 90 % full. Grow: beta" in text(alices.get(here))


def test_other_companies_get_404(charlies, here):
    for page in ("", "/applications", "/activity", "/settings", "/delete"):
        assert charlies.get(f"{here}{page}").status_code == 404


def test_a_deleted_environment_is_a_404(alices, environment, here):
    type(environment).objects.update(is_deleted=True)
    assert alices.get(here).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["alpha", "beta", "gamma"]),
        ("name=ET", ["beta"]),
        ("name=%20am%20", ["gamma"]),
        ("status=ready", ["alpha", "beta", "gamma"]),
        ("status=pending", []),
        ("status=full", ["beta"]),
        ("attached=true", ["alpha"]),
        ("attached=false", ["beta", "gamma"]),
        ("label=tier:files", ["beta"]),
        ("label=tier:file", []),
        ("name=a&attached=false&label=tier:files", ["beta"]),
        ("status=nonsense&attached=maybe&label=x&page=x&sort=x", ["alpha", "beta", "gamma"]),
        ("name=%25", []),
        ("name=_", []),
    ],
)
def test_filters(bobs, here, three, query, found):
    assert names(bobs.get(f"{here}?{query}")) == found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-name", ["gamma", "beta", "alpha"]),
        ("used", ["alpha", "beta", "gamma"]),
        ("-used", ["beta", "alpha", "gamma"]),
        ("-path", ["gamma", "beta", "alpha"]),
        ("changed", ["alpha", "beta", "gamma"]),
        ("-changed", ["gamma", "beta", "alpha"]),
        ("status", ["alpha", "beta", "gamma"]),
    ],
)
def test_headers_sort(bobs, here, three, sort, order):
    page = bobs.get(f"{here}?sort={sort}")
    assert names(page) == order
    assert page.text.count("aria-sort") == 1


def test_a_header_keeps_the_filters_and_reverses_the_order(bobs, here, three):
    page = bobs.get(f"{here}?name=a&page=1").text
    assert 'href="?name=a&amp;sort=-name"' in page
    assert 'href="?name=a&amp;sort=-used"' in page
    assert 'href="?name=a&amp;sort=used"' in bobs.get(f"{here}?name=a&sort=-used").text


def test_the_form_shows_the_active_filters(bobs, here, three):
    page = bobs.get(f"{here}?name=a&status=full&label=tier:files&attached=false").text
    assert 'name="name" value="a"' in page
    for chosen in ("full", "tier:files", "false"):
        assert f'<option value="{chosen}" selected>' in page


def test_500_volumes_are_listed_50_a_page(bobs, here, crowd):
    page = bobs.get(f"{here}?name=cache&page=2")
    assert names(page)[0] == "cache-050"
    assert len(names(page)) == 50
    assert "51–100 of 500" in text(page)
    assert 'href="?name=cache&amp;page=1"' in page.text
    assert 'href="?name=cache&amp;page=3"' in page.text
    assert names(bobs.get(f"{here}?page=99")) == [f"cache-{n}" for n in range(450, 500)]


@pytest.mark.usefixtures("remembered_storage_state")
@pytest.mark.parametrize(
    "query", ["", "?name=cache&status=bare&label=tier:cache&attached=true&sort=-used"]
)
def test_500_volumes_take_few_queries_and_few_bytes(
    alices, here, crowd, django_assert_max_num_queries, query
):
    Volume.objects.update(created_at=timezone.now() - timedelta(days=60))
    Volume.objects.filter(name__endswith="7").update(used_size=1000)
    with django_assert_max_num_queries(12):
        page = alices.get(f"{here}{query}", headers={"Accept-Encoding": "gzip"})
    assert len(page.content) < 20_000


def test_the_number_of_labels_to_choose_from_is_limited(bobs, here, crowd):
    page = bobs.get(f"{here}?label=shard:499").text
    assert page.count('value="shard:') <= 101
    assert '<option value="shard:499" selected>' in page
    assert '<option value="tier:cache">' in page


def test_an_empty_result_links_to_the_unfiltered_list(bobs, here, three):
    page = bobs.get(f"{here}?name=zzz")
    assert "No volume is like that." in text(page)
    assert f'href="{here}">Show all volumes' in page.text


def test_an_empty_environment_explains_volumes(alices, bobs, here):
    page = alices.get(here)
    assert "No volumes yet" in text(page)
    assert f'href="{here}/new"' in page.text
    assert "curl http" in text(page)
    assert "curl http" not in text(bobs.get(here))


def test_editor_sees_buttons_and_checkboxes(erins, here, three):
    page = erins.get(here).text
    assert f'href="{here}/new"' in page
    assert f'href="{here}/new-application"' in page
    assert f'action="{here}/selected"' in page
    assert page.count('type="checkbox"') == 3


def test_viewer_sees_neither_buttons_nor_checkboxes(bobs, here, three):
    page = bobs.get(here).text
    assert f'href="{here}/new' not in page
    assert 'type="checkbox"' not in page
    assert 'name="do"' not in page


def test_the_list_polls_only_while_something_is_in_progress(bobs, here, three):
    assert 'hx-trigger="every' not in bobs.get(here).text
    Volume.objects.filter(name="beta").update(status=VolumeStatus.RESIZING)
    assert f'hx-get="{here}?name=bet" hx-trigger="every 4s"' in bobs.get(f"{here}?name=bet").text
    assert 'hx-trigger="every' not in bobs.get(f"{here}?name=alpha").text


def test_the_address_has_only_the_chosen_filters(bobs, here, three):
    live = {"HX-Request": "true", "HX-Trigger": "filter"}
    answer = bobs.get(f"{here}?name=be&status=&label=&attached=", headers=live)
    assert answer["HX-Push-Url"] == f"{here}?name=be"
    assert bobs.get(f"{here}?name=", headers=live)["HX-Push-Url"] == here
    assert "HX-Push-Url" not in bobs.get(here, headers={"HX-Request": "true"})


def test_deleted_volumes_can_be_listed_during_the_grace_period(
    alices, here, make, environment, settings
):
    settings.VOLUME_DELETE_GRACE = 3600
    volume = make("old")
    alices.post(f"{here}/v/{volume.pk}/delete", {"name": "old"})
    assert names(alices.get(here)) == []
    page = alices.get(f"{here}?status=deleted")
    assert names(page) == ["old"]
    assert 'type="checkbox"' not in page.text


@pytest.fixture
def more_than_counted(make, monkeypatch):
    """Five volumes, of which two are counted; the oldest is not settled."""
    monkeypatch.setattr("config.limits.MAX_COUNTED_ROWS", 2)
    for name in ("lost", "old", "older", "full", "new"):
        make(name, size=100, labels={"is": name})
    Volume.objects.update(used_size=90)
    Volume.objects.filter(name="lost").update(status=VolumeStatus.ERROR, due_at=timezone.now())
    Volume.objects.filter(name="new").update(used_size=50)


def test_counts_and_sums_of_very_many_volumes_are_capped(bobs, here, more_than_counted):
    words = text(bobs.get(here))
    assert "Volumes 2+ Applications 0" in words
    assert "at least 140 MB used 500 MB provisioned" in words


@pytest.mark.parametrize("tab", ["applications", "activity", "settings"])
def test_every_tab_shows_the_capped_counts(bobs, here, more_than_counted, tab):
    assert "Volumes 2+" in text(bobs.get(f"{here}/{tab}"))


def test_a_sorted_list_names_its_scan_limit(bobs, here, more_than_counted):
    Volume.objects.update(due_at=None)
    assert "2 volumes among the newest 2 and all" in text(bobs.get(f"{here}?sort=-used"))


@pytest.mark.parametrize("query", ["status=full", "attached=false", "sort=-used", "sort=path"])
def test_a_filter_without_an_index_searches_the_newest_and_unsettled_volumes(
    bobs, here, more_than_counted, query
):
    page = bobs.get(f"{here}?name=l&{query}")
    assert names(page) == ["full", "lost"]
    assert "2 volumes among the newest 2 and all that are not settled" in text(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [("", ["full", "lost"]), ("name=old", ["old", "older"]), ("status=error", ["lost"])],
)
def test_a_filter_with_an_index_searches_all_volumes(bobs, here, more_than_counted, query, found):
    page = bobs.get(f"{here}?{query}")
    assert names(page) == found
    assert "among the newest" not in text(page)


def test_labels_to_choose_from_are_of_the_newest_volumes(bobs, here, more_than_counted):
    page = bobs.get(here).text
    assert [f'value="is:{name}"' in page for name in ("lost", "old", "new")] == [True, False, True]


def test_volumes_of_other_environments_are_not_shown(bobs, here, company, make):
    other = EnvironmentFactory.create(company=company)
    Volume.objects.filter(pk=make("theirs").pk).update(environment=other)
    make("ours")
    assert names(bobs.get(here)) == ["ours"]


def test_names_are_escaped(alices, here, volume):
    page = alices.get(f'{here}?name="><script>alert(1)</script>').text
    assert "<script>alert" not in page

"""Long lists: filters, search, pages without COUNT, a bounded number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.admin.changelists import newest
from accounts.callers import SYSTEM
from accounts.models import Revision, Token, User
from accounts.services import change_company
from tests.factories import ApplicationFactory, EnvironmentFactory, UserFactory, give_token
from volumes.models import Application, Attachment, Environment, Snapshot, Volume

VOLUMES = "/admin/volumes/volume/"
SAID = ", among the newest 100\n"
"""By a list that did not look at all rows; the help of a search is about others."""


@pytest.fixture
def many(environment: Environment) -> list[Volume]:
    """120 volumes, each mounted."""
    rows = [
        Volume(environment=environment, name=f"v{n:03}", size=1, status="ready") for n in range(120)
    ]
    Volume.objects.bulk_create(rows)
    web = ApplicationFactory.create(environment=environment, name="web")
    Attachment.objects.bulk_create(
        Attachment(volume=row, application=web, mount_path=f"/{row.name}") for row in rows
    )
    return rows


def names(answer: Any) -> list[str]:
    return [row.name for row in answer.context["cl"].result_list]


def test_a_page_of_volumes_takes_few_queries_and_counts_nothing(
    desk: Client, many: list[Volume], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(8) as queries:
        page = desk.get(VOLUMES)
    assert len(names(page)) == 50
    assert "more than 50 volumes" in page.text
    assert not any("COUNT(" in query["sql"] for query in queries.captured_queries)


def test_pagination_reaches_the_last_row(desk: Client, many: list[Volume]) -> None:
    assert len(names(desk.get(f"{VOLUMES}?p=2"))) == 50
    last = desk.get(f"{VOLUMES}?p=3")
    assert names(last) == [f"v{n:03}" for n in range(19, -1, -1)]
    assert "120 volumes" in last.text
    assert desk.get(f"{VOLUMES}?p=4").status_code == 302
    assert len(names(desk.get(f"{VOLUMES}?all="))) == 50


@pytest.mark.parametrize("model", ["environment", "application", "attachment", "snapshot"])
def test_every_list_takes_few_queries(
    desk: Client,
    many: list[Volume],
    model: str,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    Snapshot.objects.bulk_create(
        Snapshot(volume=row, environment=row.environment, name="s", size=1) for row in many
    )
    with django_assert_max_num_queries(8):
        assert desk.get(f"/admin/volumes/{model}/").status_code == 200


def test_the_history_takes_few_queries_and_counts_nothing(
    desk: Client, environment: Environment, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    company = environment.company
    for quota in range(60):
        change_company(company=company, name="Acme", storage_quota=quota, actor=SYSTEM)
    with django_assert_max_num_queries(8) as queries:
        page = desk.get("/admin/accounts/revision/")
    assert "quota: 58 MB → 59 MB" in page.text
    assert not any("COUNT(" in query["sql"] for query in queries.captured_queries)
    assert not any("DISTINCT" in query["sql"] for query in queries.captured_queries)


def test_deleted_volumes_are_listed_on_request(
    desk: Client, volume: Volume, make: Callable[..., Volume]
) -> None:
    make("gone")
    Volume.objects.filter(name="gone").update(is_deleted=True, status="deleted")
    assert names(desk.get(VOLUMES)) == ["uploads"]
    assert names(desk.get(f"{VOLUMES}?deleted=yes")) == ["gone"]
    assert names(desk.get(f"{VOLUMES}?deleted=all")) == ["gone", "uploads"]


def test_volumes_can_be_filtered_by_problem(
    desk: Client, volume: Volume, make: Callable[..., Volume]
) -> None:
    make("full")
    Volume.objects.filter(name="full").update(used_size=90)
    make("lost")
    Volume.objects.filter(name="lost").update(
        missing_since=timezone.now(), status="error", due_at=timezone.now()
    )
    assert names(desk.get(f"{VOLUMES}?trouble=full")) == ["full"]
    for trouble in ("missing", "error", "unsettled"):
        assert names(desk.get(f"{VOLUMES}?trouble={trouble}")) == ["lost"]


def test_volumes_can_be_found_by_use_name_and_id(
    desk: Client, attached: Volume, make: Callable[..., Volume]
) -> None:
    other = make("archive")
    assert names(desk.get(f"{VOLUMES}?mounted=yes")) == ["uploads"]
    assert names(desk.get(f"{VOLUMES}?mounted=no")) == ["archive"]
    assert names(desk.get(f"{VOLUMES}?q=loads")) == ["uploads"]
    assert names(desk.get(f"{VOLUMES}?q={other.ref}")) == ["archive"]
    assert names(desk.get(f"{VOLUMES}?environment={other.environment_id}")) == [
        "archive",
        "uploads",
    ]


def test_a_substring_is_searched_in_the_newest_rows_and_a_whole_name_in_all(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = UserFactory.create(username="smith"), UserFactory.create(username="smithers")
    monkeypatch.setattr("accounts.admin.base.newest", lambda rows: newest(rows, 1))
    found = [
        list(desk.get(f"/admin/accounts/user/?q={q}").context["cl"].result_list)
        for q in ("smit", "smith", "smythe")
    ]
    assert found == [[new], [old], []]


def test_a_long_list_can_be_sorted_only_when_it_is_filtered(
    desk: Client, many: list[Volume]
) -> None:
    assert names(desk.get(f"{VOLUMES}?o=1"))[0] == "v119"
    assert names(desk.get(f"{VOLUMES}?environment={many[0].environment_id}&o=1"))[0] == "v000"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.MAX_SCANNED_ROWS", 100)


def test_a_filter_without_an_index_searches_the_newest_rows_and_says_so(
    desk: Client, many: list[Volume], narrow: None
) -> None:
    old, new = many[19], many[20]
    Volume.objects.filter(pk__in=[old.pk, new.pk]).update(protected=True)
    page = desk.get(f"{VOLUMES}?protected__exact=1")
    assert names(page) == ["v020"]
    assert f"1 volume{SAID}" in page.text
    assert f"more than 50 volumes{SAID}" in desk.get(f"{VOLUMES}?mounted=yes").text


def test_filters_with_an_index_apply_before_the_scan_limit(
    desk: Client, many: list[Volume], narrow: None
) -> None:
    other = EnvironmentFactory.create(company=many[0].environment.company)
    Volume.objects.filter(pk=many[0].pk).update(environment=other, protected=True)
    page = desk.get(f"{VOLUMES}?environment={other.pk}&protected__exact=1")
    assert names(page) == ["v000"]
    assert SAID not in page.text


@pytest.mark.parametrize("asked", ["status__exact=error", "trouble=error", "trouble=unsettled"])
def test_a_filter_with_an_index_finds_old_rows(
    desk: Client, many: list[Volume], narrow: None, asked: str
) -> None:
    Volume.objects.filter(pk=many[0].pk).update(status="error", due_at=timezone.now())
    page = desk.get(f"{VOLUMES}?{asked}")
    assert names(page) == ["v000"]
    assert SAID not in page.text


def test_staff_and_deactivated_accounts_are_found_however_old(
    desk: Client, olga: User, narrow: None
) -> None:
    off = UserFactory.create(is_active=False)
    User.objects.bulk_create(User(username=f"u{n}") for n in range(120))
    found = [
        list(desk.get(f"/admin/accounts/user/?{asked}").context["cl"].result_list)
        for asked in ("is_staff__exact=1", "is_active__exact=0")
    ]
    assert found == [[olga], [off]]


def test_sorting_without_an_index_sorts_the_newest_rows(
    desk: Client, many: list[Volume], narrow: None
) -> None:
    company = many[0].environment.company
    EnvironmentFactory.create_batch(110, company=company, storage_quota=5)
    page = desk.get("/admin/volumes/environment/?o=3")
    assert SAID in page.text
    assert {row.storage_quota for row in page.context["cl"].result_list} == {5}
    within = f"{VOLUMES}?environment={many[0].environment_id}"
    assert SAID not in desk.get(f"{within}&o=1").text
    assert SAID in desk.get(f"{within}&o=1.4").text


def test_a_scan_runs_once_for_each_request(
    desk: Client, many: list[Volume], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(8) as queries:
        desk.get(f"{VOLUMES}?trouble=bare")
    asked = [query["sql"] for query in queries.captured_queries]
    assert sum("volumes_snapshot" in sql and "IN (" not in sql for sql in asked) == 1


def test_the_lists_link_to_each_other(desk: Client, attached: Volume, web: Application) -> None:
    page = desk.get(VOLUMES).text
    assert f'href="/admin/volumes/application/{web.pk}/change/"' in page
    assert f'href="/admin/volumes/environment/{attached.environment_id}/change/"' in page
    assert f'href="/admin/accounts/company/{attached.environment.company_id}/change/"' in page


def test_the_history_of_a_row_has_changes_of_all_users(desk: Client, volume: Volume) -> None:
    page = desk.get(f"{VOLUMES}{volume.pk}/history/", follow=True)
    assert page.redirect_chain[0][0] == f"/admin/accounts/revision/?subject_id={volume.pk}"
    assert [row.subject_name for row in page.context["cl"].result_list] == ["uploads"]


def test_the_history_has_phrases_and_filters(desk: Client, olga: User, volume: Volume) -> None:
    spec = {"_selected_action": [str(volume.pk)]}
    desk.post(f"{VOLUMES}do/protect/", spec)
    page = desk.get("/admin/accounts/revision/?interface=admin")
    (row,) = page.context["cl"].result_list
    assert (row.entry.who, row.via) == ("olga", "admin")
    assert "protected" in page.text
    detail = desk.get(f"/admin/accounts/revision/{row.pk}/change/").text
    assert "[false, true]" in detail
    assert f'href="{VOLUMES}{volume.pk}/change/"' in detail
    assert Revision.objects.filter(action="create").exists()
    assert len(desk.get("/admin/accounts/revision/?action=create").context["cl"].result_list) == 1


def test_the_history_cannot_be_changed(desk: Client, volume: Volume) -> None:
    row = Revision.objects.get()
    page = f"/admin/accounts/revision/{row.pk}"
    assert desk.post(f"{page}/change/", {"action": "delete"}).status_code == 403
    assert desk.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get("/admin/accounts/revision/add/").status_code == 403


def test_tokens_can_be_filtered_by_state(desk: Client, olga: User) -> None:
    now = timezone.now()
    give_token(olga, name="forever")
    give_token(olga, name="soon", expires_at=now + timedelta(days=3))
    give_token(olga, name="expired", expires_at=now - timedelta(days=3))
    give_token(olga, name="revoked", revoked_at=now)
    url = "/admin/accounts/token/"
    assert names(desk.get(f"{url}?life=soon")) == ["soon"]
    assert names(desk.get(f"{url}?life=usable")) == ["soon", "forever"]
    assert names(desk.get(f"{url}?life=over")) == ["revoked", "expired"]
    assert names(desk.get(f"{url}?owner={olga.pk}&q=soo")) == ["soon"]


def test_a_token_is_revoked_after_confirmation(desk: Client, olga: User) -> None:
    give_token(olga)
    token = Token.objects.get()
    url = "/admin/accounts/token/"
    chosen = {"_selected_action": [str(token.pk)]}
    asked = desk.post(url, {"action": "revoke", **chosen})
    assert "Its next request is refused" in asked.text
    assert Token.objects.usable().exists()
    assert "Revoked: test of olga." in desk.post(f"{url}do/revoke/", chosen, follow=True).text
    assert not Token.objects.usable().exists()
    assert "It is revoked already." in desk.get(f"{url}do/revoke/?pk={token.pk}").text

"""Making, changing and deleting an environment."""

import pytest

from accounts.models import Revision, Role
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    EnvironmentFactory,
    MembershipFactory,
)
from tests.support.words import text, value
from volumes.models import Environment

NEW = "/new-environment"


@pytest.fixture
def page(here):
    return f"{here}/settings"


@pytest.fixture
def spec():
    return {"name": "production", "quota": "", "version": "1"}


def test_every_member_sees_the_facts(bobs, page, environment):
    Environment.objects.update(storage_quota=1536)
    words = text(bobs.get(page))
    assert f"Id {environment.pk}" in words
    assert "Quota 1.5 GB" in words
    assert "You are Viewer" in words


@pytest.mark.parametrize("who", ["bobs", "erins"])
def test_only_admins_change_them(request, page, here, spec, who):
    browser = request.getfixturevalue(who)
    answer = browser.get(page).text
    assert 'name="quota"' not in answer
    assert f"{here}/delete" not in answer
    assert browser.post(page, spec | {"name": "mine"}).status_code == 403
    assert Environment.objects.get().name == "production"


def test_other_companies_get_404(charlies, page, here, spec):
    assert charlies.post(page, spec).status_code == 404
    assert charlies.post(f"{here}/delete", {"name": "production"}).status_code == 404


def test_admin_renames_an_environment_and_sets_its_quota(alices, page, spec):
    answer = alices.post(page, spec | {"name": "live", "quota": "1.5 gb"}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert "live" in text(answer)
    environment = Environment.objects.get()
    assert (environment.name, environment.storage_quota, environment.version) == ("live", 1536, 2)
    assert value(answer, "quota") == "1536MB"
    assert Revision.objects.get().changes == {
        "name": ["production", "live"],
        "resourceQuota.storage": [None, 1536],
    }


def test_an_empty_quota_is_none(alices, page, spec):
    Environment.objects.update(storage_quota=1024)
    alices.post(page, spec)
    assert Environment.objects.get().storage_quota is None


def test_saving_without_changes_raises_no_version(alices, page, spec):
    alices.post(page, spec)
    assert Environment.objects.get().version == 1


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "Live!", "Must be a DNS label"),
        ("name", "staging", "staging is taken in this company."),
        ("quota", "lots", "ust be a whole number with MB, GB, TB"),
        ("quota", "-5GB", "ust be a whole number with MB, GB, TB"),
        ("quota", "9999999999TB", "Must be at most 9007199254740991 MB"),
    ],
)
def test_invalid_values_are_errors_at_their_fields(
    alices, company, page, spec, field, typed, words
):
    EnvironmentFactory.create(company=company, name="staging")
    answer = alices.post(page, spec | {field: typed})
    assert words in text(answer)
    assert value(answer, field) == typed
    assert not Revision.objects.exists()


def test_an_edit_of_an_older_version_is_refused(alices, page, spec):
    alices.post(page, spec | {"name": "live"})
    answer = alices.post(page, spec | {"quota": "5GB"})
    assert "Somebody changed it since you opened this page." in text(answer)
    assert Environment.objects.get().name == "live"


@pytest.mark.parametrize("version", ["", "x", "9" * 30])
def test_an_invalid_version_causes_no_error(alices, page, spec, version):
    assert alices.post(page, spec | {"version": version, "name": "x"}).status_code == 200
    assert Environment.objects.get().name == "production"


def test_admin_creates_an_environment(alices, company, alice):
    answer = alices.post(NEW, {"name": "staging", "quota": "1TB"}, follow=True)
    made = Environment.objects.get()
    assert answer.redirect_chain == [(f"/env/{made.pk}", 302)]
    assert (made.company, made.storage_quota, made.created_by) == (company, 1048576, alice.ref)
    assert "No volumes yet" in text(answer)


def test_a_taken_name_is_refused_for_a_new_environment(alices, environment):
    answer = alices.post(NEW, {"name": "production", "quota": "10 GB"})
    assert "production is taken in this company." in text(answer)
    assert value(answer, "quota") == "10 GB"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["bobs", "erins"])
def test_users_who_administer_no_company_cannot_create(request, who, method):
    browser = request.getfixturevalue(who)
    assert getattr(browser, method)(NEW, {"name": "mine"}).status_code == 403
    assert not Environment.objects.exists()


def test_admins_of_several_companies_choose_one(browser, alice, company):
    zebra = CompanyFactory.create(name="Zebra")
    MembershipFactory.create(user=alice, company=zebra, role=Role.ADMIN)
    browser(alice).post(NEW, {"name": "stables", "company": str(zebra.pk)})
    assert Environment.objects.get().company == zebra


@pytest.fixture
def too_many(browser, alice, company, monkeypatch):
    """The browser of who administers more companies than can be offered, Zebra among them."""
    zebra = CompanyFactory.create(name="Zebra")
    MembershipFactory.create(user=alice, company=zebra, role=Role.ADMIN)
    monkeypatch.setattr("config.limits.MAX_CHOICES", 1)
    return browser(alice)


def test_admins_of_too_many_companies_enter_a_name(too_many):
    assert "Zebra" not in too_many.get(NEW).text
    too_many.post(NEW, {"name": "stables", "company": "Zebra"})
    assert Environment.objects.get().company.name == "Zebra"


def test_a_promotion_elsewhere_does_not_change_the_choice(browser, alice, company):
    other = CompanyFactory.create(name="Aardvark")
    MembershipFactory.create(user=alice, company=other, role=Role.ADMIN, is_promoted=True)
    page = browser(alice).get("/new-environment").text
    assert f'<option value="{company.pk}" selected>' in page


@pytest.mark.parametrize("typed", ["Elsewhere", "nowhere", "zebra", "\x00"])
def test_the_entered_company_has_to_be_administered(too_many, alice, typed):
    elsewhere = CompanyFactory.create(name="Elsewhere")
    MembershipFactory.create(user=alice, company=elsewhere, role=Role.EDITOR)
    answer = too_many.post(NEW, {"name": "stables", "company": typed})
    assert value(answer, "name") == "stables"
    assert 'aria-invalid="true"' in answer.text
    assert not Environment.objects.exists()


def test_a_company_of_others_cannot_be_chosen(browser, alice, charlie):
    elsewhere = charlie.memberships.get().company
    MembershipFactory.create(user=alice, role=Role.ADMIN)
    browser(alice).post(NEW, {"name": "mine", "company": str(elsewhere.pk)})
    assert not Environment.objects.exists()


def test_the_delete_page_names_what_is_deleted_and_asks_for_the_name(alices, here, environment):
    ApplicationFactory.create_batch(2, environment=environment)
    words = text(alices.get(f"{here}/delete"))
    assert "2 applications go with it." in words
    assert "Type production to confirm" in words


def test_nothing_is_deleted_without_the_name(alices, here):
    for typed in ("", "Production", "staging"):
        alices.post(f"{here}/delete", {"name": typed})
    assert not Environment.objects.get().is_deleted


def test_typing_the_name_deletes_the_environment_and_keeps_its_history(alices, here, environment):
    application = ApplicationFactory.create(environment=environment)
    answer = alices.post(f"{here}/delete", {"name": "production"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "production is deleted." in text(answer)
    environment.refresh_from_db()
    application.refresh_from_db()
    assert environment.is_deleted
    assert application.is_deleted
    assert "deleted the environment production" in text(alices.get("/activity"))


def test_an_environment_with_volumes_stays_and_the_page_says_why(alices, here, volume):
    answer = alices.get(f"{here}/delete")
    assert "It has 1 volume." in text(answer)
    assert "Type production" not in text(answer)
    answer = alices.post(f"{here}/delete", {"name": "production"})
    assert "It has volumes: uploads." in text(answer)
    assert not Environment.objects.get().is_deleted


def test_deleted_volumes_that_can_be_restored_are_counted(alices, here, make, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    volume = make("old")
    alices.post(f"{here}/v/{volume.pk}/delete", {"name": "old"})
    words = text(alices.get(f"{here}/delete"))
    assert "1 deleted volume can no longer be brought back." in words


@pytest.mark.parametrize("who", ["bobs", "erins"])
def test_only_admins_delete(request, here, who):
    browser = request.getfixturevalue(who)
    assert browser.get(f"{here}/delete").status_code == 403
    assert browser.post(f"{here}/delete", {"name": "production"}).status_code == 403
    assert not Environment.objects.get().is_deleted


@pytest.mark.parametrize("tab", ["settings", "delete"])
def test_the_pages_stay_within_their_query_budget(
    alices, here, make, tab, django_assert_max_num_queries
):
    make("uploads")
    with django_assert_max_num_queries(12):
        alices.get(f"{here}/{tab}")

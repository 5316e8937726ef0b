"""/env/<id>/applications: list, create, rename and delete applications."""

import pytest

from accounts.models import Revision
from tests.factories import ApplicationFactory, EnvironmentFactory
from tests.support.words import text, value
from volumes.models import Application


@pytest.fixture
def page(here):
    return f"{here}/applications"


@pytest.fixture
def rename(here, web):
    return f"{here}/application/{web.pk}/rename"


@pytest.fixture
def delete(here, web):
    return f"{here}/application/{web.pk}/delete"


def test_each_application_shows_its_attachments(bobs, page, here, web, make):
    volume = make("uploads", attachedAppsRefs=[web.ref])
    answer = bobs.get(page)
    assert "web uploads at /data/uploads just now" in text(answer)
    assert f'href="{here}/v/{volume.pk}"' in answer.text


def test_an_application_without_attachments_says_so(bobs, page, web):
    assert "web nothing" in text(bobs.get(page))


def test_many_attachments_are_shortened_and_counted(bobs, page, web, make):
    for number in range(14):
        make(f"cache-{number:02}", attachedAppsRefs=[web.ref])
    words = text(bobs.get(page))
    assert "cache-02" in words
    assert "cache-03" not in words
    assert "+11" in words


def test_an_empty_list_has_a_create_button(alices, bobs, page, here):
    answer = alices.get(page)
    assert "No applications yet" in text(answer)
    assert f'href="{here}/new-application"' in answer.text
    assert "/app \\" in answer.text
    assert "new-application" not in bobs.get(page).text


def test_120_applications_are_listed_50_a_page_in_few_queries(
    alices, page, environment, make, web, django_assert_max_num_queries
):
    make("uploads", attachedAppsRefs=[web.ref])
    ApplicationFactory.create_batch(119, environment=environment)
    with django_assert_max_num_queries(12):
        answer = alices.get(f"{page}?page=2")
    assert "51–100 of 120" in text(answer)


def test_viewer_sees_no_buttons(bobs, page, web):
    answer = bobs.get(page).text
    assert "/rename" not in answer
    assert "/delete" not in answer


def test_editor_creates_an_application(erins, here, page, erin):
    answer = erins.post(f"{here}/new-application", {"name": "web"}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert "web can mount volumes now." in text(answer)
    assert Application.objects.get().created_by == erin.ref
    assert Revision.objects.get(subject="application").via == "session"


@pytest.mark.parametrize(
    ("name", "words"),
    [("Web!", "Must be a DNS label"), ("web", "web is taken in this environment.")],
)
def test_an_invalid_name_is_an_error_at_the_field(erins, here, web, name, words):
    answer = erins.post(f"{here}/new-application", {"name": name})
    assert words in text(answer)
    assert value(answer, "name") == name
    assert Application.objects.count() == 1


def test_an_application_is_renamed(erins, page, rename, web):
    assert value(erins.get(rename), "name") == "web"
    answer = erins.post(rename, {"name": "site"}, follow=True)
    assert "web is called site now." in text(answer)
    web.refresh_from_db()
    assert (web.name, web.version) == ("site", 2)


def test_saving_the_same_name_changes_nothing(erins, page, rename, web):
    assert erins.post(rename, {"name": "web"})["Location"] == page
    web.refresh_from_db()
    assert web.version == 1


def test_a_taken_name_is_refused(erins, rename, environment):
    ApplicationFactory.create(environment=environment, name="site")
    assert "site is taken in this environment." in text(erins.post(rename, {"name": "site"}))


def test_the_delete_page_names_attachments_and_deleting_keeps_the_data(erins, delete, web, make):
    volume = make("uploads", attachedAppsRefs=[web.ref])
    words = text(erins.get(delete))
    assert "It mounts 1 volume, which is detached from it. Their data stays." in words
    assert "uploads at /data/uploads" in words
    assert "web is deleted. Its volumes stay." in text(erins.post(delete, follow=True))
    web.refresh_from_db()
    volume.refresh_from_db()
    assert web.is_deleted
    assert not volume.is_deleted
    assert not volume.attachments.exists()


def test_a_get_of_the_delete_page_deletes_nothing(erins, delete, web):
    assert "It mounts nothing. No data is lost." in text(erins.get(delete))
    web.refresh_from_db()
    assert not web.is_deleted


@pytest.mark.parametrize(
    "path", ["new-application", "application/{}/rename", "application/{}/delete"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_viewers_get_403_and_other_companies_404(bobs, charlies, here, web, path, method):
    url = f"{here}/{path.format(web.pk)}"
    assert getattr(bobs, method)(url, {"name": "mine"}).status_code == 403
    assert getattr(charlies, method)(url, {"name": "mine"}).status_code == 404
    assert [(one.name, one.is_deleted) for one in Application.objects.all()] == [("web", False)]


@pytest.mark.parametrize("verb", ["rename", "delete"])
def test_an_application_of_another_environment_is_a_404(alices, here, company, verb):
    other = EnvironmentFactory.create(company=company)
    theirs = ApplicationFactory.create(environment=other)
    url = f"{here}/application/{theirs.pk}/{verb}"
    assert alices.post(url, {"name": "mine"}).status_code == 404

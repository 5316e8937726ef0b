"""/{envId}/app."""

import pytest

from tests.factories import EnvironmentFactory
from tests.support.api import codes
from volumes.models import Application, Volume


def test_editor_creates_an_application(erins, apps, environment, erin):
    response = erins.post(apps, {"name": "web"})
    app = response.json()
    assert response.status_code == 201
    stamps = {name: app[name] for name in ("id", "createdAt", "modifiedAt")}
    assert app == {
        "id": app["id"],
        "name": "web",
        "envIdRef": str(environment.pk),
        "companyIdRef": str(environment.company_id),
        "volumeMounts": [],
        "isDeleted": False,
        "createdBy": erin.ref,
        "modifiedBy": erin.ref,
        "version": 1,
        **stamps,
    }
    assert erins.get(response["Location"]).json() == app


def test_application_shows_its_attachments(alices, apps, attached, volume, web):
    mount = {"volumeIdRef": volume["id"], "mountPath": "/data/uploads", "readOnly": False}
    assert alices.get(f"{apps}/{web.ref}").json()["volumeMounts"] == [mount]
    assert alices.get(apps).json()[0]["volumeMounts"] == [mount]


def test_viewer_can_only_read(bobs, apps, web):
    assert bobs.get(apps).status_code == 200
    assert bobs.post(apps, {"name": "x"}).status_code == 403
    assert bobs.put(f"{apps}/{web.ref}", {"name": "x"}).status_code == 403
    assert bobs.delete(f"{apps}/{web.ref}").status_code == 403


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("name", "required")),
        (None, ("name", "required")),
        ({"name": "Bad"}, ("name", "invalid")),
        ({"name": None}, ("name", "invalid")),
        ({"name": "x", "image": "y"}, ("image", "unknown_field")),
    ],
)
def test_an_invalid_request_is_refused(alices, apps, body, problem):
    response = alices.post(apps, body)
    assert (response.status_code, codes(response)) == (400, {problem})


def test_a_name_is_unique_among_applications_that_are_not_deleted(alices, apps, web, worker):
    assert codes(alices.post(apps, {"name": "web"})) == {("name", "name_taken")}
    assert codes(alices.put(f"{apps}/{worker.ref}", {"name": "web"})) == {("name", "name_taken")}
    alices.delete(f"{apps}/{web.ref}")
    assert alices.post(apps, {"name": "web"}).status_code == 201


def test_renaming_an_application_raises_its_version_only(alices, apps, web):
    renamed = alices.put(f"{apps}/{web.ref}", {"name": "www", "version": 1}).json()
    assert (renamed["name"], renamed["version"]) == ("www", 2)


def test_a_put_of_the_response_of_a_get_changes_no_version(alices, apps, attached, web):
    read = alices.get(f"{apps}/{web.ref}").json()
    assert alices.put(f"{apps}/{web.ref}", read).json() == read
    assert alices.put(f"{apps}/{web.ref}").json()["version"] == 1


@pytest.mark.parametrize(
    ("body", "header", "status"),
    [
        ({"name": "www"}, '"1"', 200),
        ({"name": "www"}, '"2"', 412),
        ({"name": "www", "version": 2}, "*", 409),
        ({"name": "Bad", "version": 2}, '"2"', 412),
    ],
)
def test_if_match_and_version_protect_against_lost_updates(alices, apps, web, body, header, status):
    assert alices.put(f"{apps}/{web.ref}", body, If_Match=header).status_code == status


def test_deleting_an_application_keeps_the_data(alices, apps, here, attached, web, memory):
    response = alices.delete(f"{apps}/{web.ref}")
    assert response.json() == {"message": "Application deleted successfully", "id": web.ref}
    after = alices.get(here).json()
    assert (after["status"], after["attachedAppsRefs"], after["version"]) == ("ready", [], 3)
    assert len(memory.volumes) == 1


def test_a_stale_delete_is_a_412(alices, apps, web):
    assert alices.delete(f"{apps}/{web.ref}", If_Match='"2"').status_code == 412
    assert not Application.objects.get().is_deleted


def test_a_deleted_application_is_a_404(alices, apps, web):
    alices.delete(f"{apps}/{web.ref}")
    gone = [alices.get, alices.put, alices.delete]
    assert [ask(f"{apps}/{web.ref}").status_code for ask in gone] == [404, 404, 404]


def test_an_object_is_found_in_its_own_environment_only(alices, company, web):
    other = EnvironmentFactory.create(company=company)
    assert alices.get(f"/{other.pk}/app/{web.ref}").status_code == 404
    assert alices.delete(f"/{other.pk}/app/{web.ref}").status_code == 404


def test_attaching_changes_no_version_of_the_application(alices, apps, attached, web):
    assert alices.get(f"{apps}/{web.ref}").json()["version"] == 1
    assert Volume.objects.get().version == 2

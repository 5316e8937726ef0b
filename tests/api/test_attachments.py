"""/{envId}/volume/{id}/attachment."""

import pytest
from django.utils import timezone

from tests.factories import ApplicationFactory, EnvironmentFactory
from tests.support.api import codes
from volumes.models import Attachment, Volume


def test_an_attachment_shows_source_and_mount_path(alices, here, volume, web):
    response = alices.post(f"{here}/attachment", {"appIdRef": web.ref})
    attached = response.json()
    assert response.status_code == 201
    assert attached == {
        "volumeIdRef": volume["id"],
        "appIdRef": web.ref,
        "mountPath": "/data/uploads",
        "readOnly": False,
        "source": f"memory:{volume['id'].removeprefix('vol-')}",
        "attachedAt": attached["attachedAt"],
    }
    assert alices.get(f"{here}/attachment").json() == [attached]


@pytest.mark.usefixtures("storage_root")
def test_the_source_is_the_directory_on_the_host(api, alice, environment, web, storage_root):
    path = f"/{environment.pk}/volume"
    made = api(alice).post(path, {"name": "uploads", "size": 1, "attachedAppsRefs": [web.ref]})
    ident = made.json()["id"]
    found = api(alice).get(f"{path}/{ident}/attachment").json()
    assert found[0]["source"] == f"{storage_root}/{ident.removeprefix('vol-')}/data"


def test_the_source_is_null_until_the_volume_has_been_ready(
    alices, volumes, make, memory, web, worker
):
    memory.fail("create")
    made = make("waiting", attachedAppsRefs=[web.ref])
    path = f"{volumes}/{made['id']}/attachment"
    attached = alices.post(path, {"appIdRef": worker.ref}).json()
    sources = [one["source"] for one in alices.get(path).json()]
    assert (made["provisionedSize"], attached["source"], sources) == (None, None, [None, None])
    memory.heal()
    alices.put(f"{volumes}/{made['id']}")
    ready = {one["source"] for one in alices.get(path).json()}
    assert ready == {f"memory:{made['id'].removeprefix('vol-')}"}


def test_the_source_stays_while_data_is_missing(alices, here, attached, row):
    Volume.objects.filter(pk=row.pk).update(status="error", missing_since=timezone.now())
    assert alices.get(f"{here}/attachment").json() == [attached]


def test_several_applications_can_mount_one_volume(alices, here, attached, worker):
    alices.post(f"{here}/attachment", {"appIdRef": worker.ref, "readOnly": True})
    found = alices.get(f"{here}/attachment").json()
    assert [one["readOnly"] for one in found] == [False, True]
    assert alices.get(here).json()["attachedAppsRefs"] == [attached["appIdRef"], worker.ref]


def test_the_path_of_an_attachment_is_normalised(alices, here, web):
    spec = {"appIdRef": str(web.pk), "mountPath": "/srv/x/", "readOnly": True}
    attached = alices.post(f"{here}/attachment", spec).json()
    assert (attached["mountPath"], attached["readOnly"]) == ("/srv/x", True)


def test_attaching_and_detaching_raise_the_version(alices, here, attached, web):
    assert alices.get(here).json()["version"] == 2
    response = alices.delete(f"{here}/attachment/{web.ref}")
    assert response.json() == {"message": "Application detached successfully", "id": web.ref}
    after = alices.get(here).json()
    assert (after["version"], after["attachedAppsRefs"]) == (3, [])


def test_viewer_can_only_read(bobs, here, attached, web, worker):
    assert bobs.get(f"{here}/attachment").json() == [attached]
    assert bobs.post(f"{here}/attachment", {"appIdRef": worker.ref}).status_code == 403
    assert bobs.delete(f"{here}/attachment/{web.ref}").status_code == 403
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        ({}, {("appIdRef", "required")}),
        ({"appIdRef": None}, {("appIdRef", "invalid")}),
        ({"appIdRef": "nonsense"}, {("appIdRef", "invalid")}),
        ({"appIdRef": "app-00000000-0000-0000-0000-000000000000"}, {("appIdRef", "not_found")}),
        (
            {"mountPath": "/proc", "readOnly": 1, "x": 1},
            {
                ("appIdRef", "required"),
                ("mountPath", "invalid"),
                ("readOnly", "invalid"),
                ("x", "unknown_field"),
            },
        ),
        (
            {"mountPath": None, "readOnly": None},
            {("appIdRef", "required"), ("mountPath", "invalid"), ("readOnly", "invalid")},
        ),
    ],
)
def test_an_invalid_request_is_refused(alices, here, spec, problems):
    response = alices.post(f"{here}/attachment", spec)
    assert response.status_code == 400
    assert codes(response) == problems


def test_an_attachment_is_accepted_as_it_was_returned(alices, here, attached, web):
    alices.delete(f"{here}/attachment/{web.ref}")
    assert alices.post(f"{here}/attachment", attached).status_code == 201


def test_an_application_of_another_environment_is_a_404(alices, here, company):
    theirs = ApplicationFactory.create(environment=EnvironmentFactory.create(company=company))
    response = alices.post(f"{here}/attachment", {"appIdRef": theirs.ref})
    assert (response.status_code, codes(response)) == (400, {("appIdRef", "not_found")})


def test_a_deleted_application_cannot_be_attached(alices, here, apps, web):
    alices.delete(f"{apps}/{web.ref}")
    response = alices.post(f"{here}/attachment", {"appIdRef": web.ref})
    assert codes(response) == {("appIdRef", "not_found")}


def test_attaching_twice_is_a_conflict(alices, here, attached, web):
    response = alices.post(f"{here}/attachment", {"appIdRef": web.ref, "mountPath": "/else"})
    assert response.status_code == 409
    assert codes(response) == {("appIdRef", "attached_already")}


@pytest.mark.parametrize("own", [{}, {"mountPath": "/data/uploads"}])
def test_a_mount_path_is_unique_in_an_application(alices, here, attached, make, volumes, web, own):
    other = make("other", mountPath="/data/uploads")
    spec = {"appIdRef": web.ref, **own}
    response = alices.post(f"{volumes}/{other['id']}/attachment", spec)
    assert response.status_code == 409
    assert codes(response) == {("mountPath", "mount_path_taken")}


def test_another_path_resolves_the_conflict(alices, here, attached, make, volumes, web):
    other = make("other", mountPath="/data/uploads")
    spec = {"appIdRef": web.ref, "mountPath": "/data/uploads/nested"}
    assert alices.post(f"{volumes}/{other['id']}/attachment", spec).status_code == 201


def test_detaching_is_refused_when_not_attached(alices, here, web):
    assert alices.delete(f"{here}/attachment/{web.ref}").status_code == 404
    assert alices.delete(f"{here}/attachment/nonsense").status_code == 400


def test_a_volume_can_be_attached_while_the_storage_is_unavailable(alices, here, web, memory):
    memory.unmount()
    assert alices.post(f"{here}/attachment", {"appIdRef": web.ref}).status_code == 201
    assert alices.get(f"{here}/attachment").status_code == 200

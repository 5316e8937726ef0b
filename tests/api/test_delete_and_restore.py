"""DELETE /{envId}/volume/{id} and POST …/restore."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.api import codes
from volumes.models import Environment, Snapshot, Volume
from volumes.reconciler.steps import reconcile_row


@pytest.fixture
def grace(settings):
    settings.VOLUME_DELETE_GRACE = 3600


def test_deleting_a_volume_removes_its_data(alices, here, volume, memory, environment):
    response = alices.delete(here)
    assert response.status_code == 200
    assert response.json() == {"message": "Volume deleted successfully", "id": volume["id"]}
    assert memory.volumes == {}
    environment.refresh_from_db()
    assert environment.storage_used == environment.company.storage_used == 0


@pytest.mark.usefixtures("storage_root")
def test_deleting_a_volume_removes_its_directory(api, alice, environment, storage_root):
    path = f"/{environment.pk}/volume"
    made = api(alice).post(path, {"name": "uploads", "size": 1}).json()
    directory = storage_root / made["id"].removeprefix("vol-")
    (directory / "data" / "file").write_text("x")
    api(alice).delete(f"{path}/{made['id']}")
    assert not directory.exists()


def test_viewer_cannot_delete(bobs, here):
    assert bobs.delete(here).status_code == 403
    assert Volume.objects.live().exists()


def test_the_row_of_a_deleted_volume_is_kept(alices, volumes, here):
    alices.delete(here)
    found = alices.get(f"{volumes}?includeDeleted=true").json()
    assert [(one["isDeleted"], one["status"], one["version"]) for one in found] == [
        (True, "deleted", 2)
    ]


def test_a_second_delete_is_a_404(alices, here):
    alices.delete(here)
    assert alices.delete(here).status_code == 404


@pytest.mark.parametrize(("header", "status"), [('"1"', 200), ("*", 200), ('"2"', 412), ("1", 400)])
def test_delete_respects_if_match(alices, here, header, status):
    assert alices.delete(here, If_Match=header).status_code == status


def test_delete_is_refused_while_applications_mount_the_volume(
    alices, here, attached, worker, memory
):
    alices.post(f"{here}/attachment", {"appIdRef": worker.ref})
    response = alices.delete(here)
    assert response.status_code == 409
    assert codes(response) == {("", "in_use")}
    assert "web, worker" in response.json()["errors"][0]["message"]
    assert memory.volumes


def test_delete_is_refused_for_a_protected_volume_even_with_cascade(alices, here, memory):
    alices.put(here, {"protected": True})
    response = alices.delete(f"{here}?cascade=true")
    assert response.status_code == 409
    assert codes(response) == {("protected", "protected")}
    assert memory.volumes
    alices.put(here, {"protected": False})
    assert alices.delete(here).status_code == 200


def test_delete_is_refused_when_there_are_snapshots_without_cascade(alices, here, snapshot, memory):
    response = alices.delete(here)
    assert response.status_code == 409
    assert codes(response) == {("", "has_snapshots")}
    assert "before-upgrade" in response.json()["errors"][0]["message"]
    assert alices.delete(f"{here}?cascade=false").status_code == 409
    assert alices.delete(f"{here}?cascade=true").status_code == 200
    assert (memory.snapshots, Snapshot.objects.count()) == ({}, 0)


def test_all_delete_blockers_are_reported(alices, here, attached, snapshot):
    alices.put(here, {"protected": True})
    response = alices.delete(here)
    assert codes(response) == {
        ("", "in_use"),
        ("protected", "protected"),
        ("", "has_snapshots"),
    }


@pytest.mark.parametrize(
    "query", ["cascade=yes", "cascade=", "force=true", "cascade=true&cascade=true"]
)
def test_delete_refuses_unknown_parameters(alices, here, query):
    assert alices.delete(f"{here}?{query}").status_code == 400
    assert Volume.objects.live().exists()


def test_a_volume_can_be_deleted_before_it_is_provisioned(
    alices, volumes, make, memory, environment
):
    memory.fail("create")
    path = f"{volumes}/{make('broken')['id']}"
    assert alices.delete(path).status_code == 200
    assert Volume.objects.get().status == "deleted"
    environment.refresh_from_db()
    assert environment.storage_used == 0


def test_a_failed_delete_is_an_error_and_is_retried(alices, here, memory):
    memory.fail("delete")
    assert alices.delete(here).status_code == 200
    row = Volume.objects.get()
    assert (row.status, row.status_message, row.is_deleted) == ("error", "The disk is full.", True)
    memory.heal()
    reconcile_row(Volume.objects.eligible(), row.pk)
    assert (Volume.objects.get().status, memory.volumes) == ("deleted", {})


def test_data_is_kept_and_counted_during_the_grace_period(alices, here, memory, environment, grace):
    alices.delete(here)
    row = Volume.objects.get()
    reconcile_row(Volume.objects.eligible(), row.pk)
    environment.refresh_from_db()
    row.refresh_from_db()
    assert (row.status, environment.storage_used, len(memory.volumes)) == ("deleting", 100, 1)


def test_data_is_removed_at_the_end_of_the_grace_period(alices, here, memory, grace):
    alices.delete(here)
    past = timezone.now() - timedelta(seconds=1)
    Volume.objects.update(grace_until=past, due_at=past)
    reconcile_row(Volume.objects.due(), Volume.objects.get().pk)
    assert (Volume.objects.get().status, memory.volumes) == ("deleted", {})
    assert codes(alices.post(f"{here}/restore")) == {("", "wrong_status")}


def test_editor_restores_a_volume_unchanged(erins, alices, here, volume, erin, grace):
    alices.delete(here)
    response = erins.post(f"{here}/restore")
    back = response.json()
    assert response.status_code == 200
    assert (back["status"], back["isDeleted"], back["version"]) == ("ready", False, 3)
    assert (back["name"], back["modifiedBy"]) == ("uploads", erin.ref)
    assert response["ETag"] == alices.get(here)["ETag"]


def test_viewer_cannot_restore(alices, bobs, here, grace):
    alices.delete(here)
    assert bobs.post(f"{here}/restore").status_code == 403


def test_snapshots_are_restored_with_their_volume(alices, here, snapshot, memory, grace):
    alices.delete(f"{here}?cascade=true")
    alices.post(f"{here}/restore")
    assert alices.get(f"{here}/snapshot").json() == [snapshot]
    assert memory.snapshots


def test_restore_is_refused_when_the_name_has_been_taken(alices, here, make, grace):
    alices.delete(here)
    make("uploads")
    response = alices.post(f"{here}/restore")
    assert response.status_code == 409
    assert codes(response) == {("name", "name_taken")}


def test_restore_is_refused_when_the_volume_is_not_deleted(alices, here):
    response = alices.post(f"{here}/restore")
    assert (response.status_code, codes(response)) == (409, {("", "wrong_status")})


def test_restore_is_a_404_when_the_volume_never_existed(alices, volumes):
    path = f"{volumes}/vol-00000000-0000-0000-0000-000000000000/restore"
    assert alices.post(path).status_code == 404


def test_restore_is_refused_when_the_removal_has_begun(alices, here, memory):
    memory.fail("delete")
    alices.delete(here)
    assert codes(alices.post(f"{here}/restore")) == {("", "wrong_status")}


def test_a_restore_reports_data_that_vanished_during_the_grace_period(
    alices, here, row, memory, grace
):
    alices.delete(here)
    memory.lose(str(row.pk))
    back = alices.post(f"{here}/restore").json()
    assert back["status"] == "error"
    assert "missing" in back["statusMessage"]


def test_restore_is_refused_in_a_deleted_environment(alices, here, environment, grace):
    alices.delete(here)
    assert alices.delete(f"/environments/{environment.pk}").status_code == 200
    assert alices.post(f"{here}/restore").status_code == 404
    assert Environment.objects.get().is_deleted


@pytest.mark.parametrize("body", [{"x": 1}, {"name": "other"}, []])
def test_restore_refuses_fields(alices, here, body, grace):
    alices.delete(here)
    assert alices.post(f"{here}/restore", body).status_code == 400
    assert alices.post(f"{here}/restore", {}).status_code == 200

"""/{envId}/volume/{id}/snapshot, and volumes filled from one."""

import re

import pytest

from tests.factories import EnvironmentFactory, MembershipFactory
from tests.support.api import codes
from volumes.models import Snapshot, Volume
from volumes.reconciler.steps import reconcile_row


def test_a_snapshot_has_the_size_of_its_volume(alices, here, volume, alice, memory):
    response = alices.post(f"{here}/snapshot", {"name": "before-upgrade"})
    snapshot = response.json()
    assert response.status_code == 201
    assert snapshot == {
        "id": snapshot["id"],
        "volumeIdRef": volume["id"],
        "name": "before-upgrade",
        "size": 100,
        "takenAt": snapshot["takenAt"],
        "consistency": "instant",
        "status": "ready",
        "statusMessage": "",
        "createdBy": alice.ref,
        "createdAt": snapshot["createdAt"],
    }
    assert alices.get(response["Location"]).json() == snapshot
    assert len(memory.snapshots) == 1


@pytest.mark.parametrize("body", [None, {}])
def test_the_default_name_of_a_snapshot_is_its_time(alices, here, body):
    name = alices.post(f"{here}/snapshot", body).json()["name"]
    assert re.fullmatch(r"snapshot-\d{8}-\d{6}", name)


def test_snapshot_names_can_repeat_and_are_listed_in_creation_order(alices, here, snapshot):
    again = alices.post(f"{here}/snapshot", {"name": "before-upgrade"}).json()
    assert alices.get(f"{here}/snapshot").json() == [snapshot, again]


def test_a_snapshot_raises_no_version(alices, here, snapshot):
    alices.delete(f"{here}/snapshot/{snapshot['id']}")
    assert alices.get(here).json()["version"] == 1


def test_viewer_can_only_read(bobs, here, snapshot):
    assert bobs.get(f"{here}/snapshot/{snapshot['id']}").json() == snapshot
    assert bobs.post(f"{here}/snapshot").status_code == 403
    assert bobs.delete(f"{here}/snapshot/{snapshot['id']}").status_code == 403


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"name": "Bad"}, ("name", "invalid")),
        ({"name": None}, ("name", "invalid")),
        ({"nmae": "x"}, ("nmae", "unknown_field")),
    ],
)
def test_an_invalid_request_is_refused(alices, here, body, problem):
    response = alices.post(f"{here}/snapshot", body)
    assert (response.status_code, codes(response)) == (400, {problem})


def test_deleting_a_snapshot_removes_the_copy_and_keeps_the_volume(alices, here, snapshot, memory):
    response = alices.delete(f"{here}/snapshot/{snapshot['id']}")
    assert response.json() == {"message": "Snapshot deleted successfully", "id": snapshot["id"]}
    assert alices.get(f"{here}/snapshot/{snapshot['id']}").status_code == 404
    assert (memory.snapshots, len(memory.volumes)) == ({}, 1)


def test_a_snapshot_is_found_below_its_own_volume_only(alices, volumes, make, snapshot):
    other = f"{volumes}/{make('other')['id']}/snapshot/{snapshot['id']}"
    assert alices.get(other).status_code == 404
    assert alices.delete(other).status_code == 404
    assert Snapshot.objects.live().count() == 1


def test_a_snapshot_is_refused_when_the_volume_has_no_data(alices, volumes, make, memory):
    memory.fail("create")
    path = f"{volumes}/{make('broken')['id']}/snapshot"
    response = alices.post(path)
    assert (response.status_code, codes(response)) == (409, {("", "wrong_status")})


def test_a_snapshot_is_possible_when_growing_failed(alices, here, memory):
    memory.fail("grow")
    assert alices.put(here, {"size": 200}).json()["status"] == "error"
    assert alices.post(f"{here}/snapshot").status_code == 201


def test_the_number_of_snapshots_is_limited(alices, here, settings, snapshot):
    settings.VOLUME_MAX_SNAPSHOTS = 1
    response = alices.post(f"{here}/snapshot")
    assert (response.status_code, codes(response)) == (409, {("", "too_many_snapshots")})


def test_a_snapshot_that_is_being_deleted_neither_counts_nor_blocks(
    alices, here, settings, snapshot, memory
):
    settings.VOLUME_MAX_SNAPSHOTS = 1
    memory.fail("delete_snapshot")
    alices.delete(f"{here}/snapshot/{snapshot['id']}")
    again = alices.post(f"{here}/snapshot")
    assert again.status_code == 201
    alices.delete(f"{here}/snapshot/{again.json()['id']}")
    assert alices.delete(here).status_code == 200


def test_snapshots_do_not_count_towards_quotas(alices, here, snapshot, environment):
    environment.refresh_from_db()
    assert environment.storage_used == 100


def test_a_new_volume_is_filled_from_a_snapshot(make, snapshot, memory, row):
    restored = make("restored", size=100, restoreFrom=snapshot["id"])
    assert (restored["status"], restored["provisionedSize"]) == ("ready", 100)
    assert [call for call, _ in memory.calls].count("clone") == 1


@pytest.mark.usefixtures("storage_root")
def test_the_new_volume_has_the_content_of_the_snapshot(api, alice, environment, storage_root):
    path, speaking = f"/{environment.pk}/volume", api(alice)
    old = speaking.post(path, {"name": "old", "size": 1}).json()["id"]
    file = storage_root / old.removeprefix("vol-") / "data" / "file"
    file.write_text("before")
    snapshot = speaking.post(f"{path}/{old}/snapshot").json()["id"]
    file.write_text("after")
    new = speaking.post(path, {"name": "new", "size": 1, "restoreFrom": snapshot}).json()["id"]
    assert (storage_root / new.removeprefix("vol-") / "data" / "file").read_text() == "before"


def test_the_snapshot_can_be_of_another_environment_of_the_company(alices, company, snapshot):
    other = EnvironmentFactory.create(company=company)
    spec = {"name": "restored", "size": 100, "restoreFrom": snapshot["id"].removeprefix("snap-")}
    assert alices.post(f"/{other.pk}/volume", spec).status_code == 201


def test_the_new_volume_must_be_at_least_as_large(alices, volumes, snapshot):
    spec = {"name": "restored", "size": 99, "restoreFrom": snapshot["id"]}
    response = alices.post(volumes, spec)
    assert (response.status_code, codes(response)) == (400, {("size", "invalid")})


def test_a_foreign_snapshot_gets_the_same_error_as_an_unknown_one(
    charlies, charlies_environment, snapshot
):
    path = f"/{charlies_environment.pk}/volume"
    spec = {"name": "restored", "size": 100, "restoreFrom": snapshot["id"]}
    foreign = charlies.post(path, spec, X_Request_ID="same")
    spec["restoreFrom"] = "snap-00000000-0000-0000-0000-000000000000"
    missing = charlies.post(path, spec, X_Request_ID="same")
    assert codes(foreign) == {("restoreFrom", "not_found")}
    assert foreign.content == missing.content


def test_a_snapshot_of_another_company_of_the_user_is_refused(
    alices, snapshot, alice, charlies_environment
):
    MembershipFactory.create(user=alice, company=charlies_environment.company, role="admin")
    spec = {"name": "restored", "size": 100, "restoreFrom": snapshot["id"]}
    response = alices.post(f"/{charlies_environment.pk}/volume", spec)
    assert codes(response) == {("restoreFrom", "not_found")}


def test_only_a_ready_snapshot_fills_a_volume(alices, volumes, here, memory):
    memory.fail("snapshot")
    failed = alices.post(f"{here}/snapshot").json()
    spec = {"name": "restored", "size": 100, "restoreFrom": failed["id"]}
    response = alices.post(volumes, spec)
    assert (response.status_code, codes(response)) == (409, {("restoreFrom", "wrong_status")})


def test_a_snapshot_cannot_be_deleted_while_it_fills_a_volume(alices, here, make, snapshot, memory):
    memory.fail("clone")
    make("restored", restoreFrom=snapshot["id"])
    refused = alices.delete(f"{here}/snapshot/{snapshot['id']}")
    assert (refused.status_code, codes(refused)) == (409, {("", "in_use")})
    whole = alices.delete(f"{here}?cascade=true")
    assert (whole.status_code, codes(whole)) == (409, {("", "in_use")})
    assert "restored" in whole.json()["errors"][0]["message"]
    memory.heal()
    reconcile_row(Volume.objects.eligible(), Volume.objects.get(name="restored").pk)
    assert alices.delete(f"{here}?cascade=true").status_code == 200

"""PUT /{envId}/volume/{id}."""

import pytest

from accounts.models import Revision
from tests.support.api import codes
from volumes.models import Environment, Volume


def test_an_update_changes_only_the_given_fields(alices, here, volume):
    response = alices.put(here, {"description": "What people send", "labels": {"tier": "web"}})
    assert response.status_code == 200
    changed = {**volume, "description": "What people send", "labels": {"tier": "web"}}
    stamps = {name: response.json()[name] for name in ("version", "modifiedAt", "modifiedBy")}
    assert response.json() == changed | stamps
    assert stamps["version"] == 2


def test_the_user_of_the_last_change_is_shown(erins, erin, here, volume):
    changed = erins.put(here, {"description": "x"}).json()
    assert (changed["modifiedBy"], changed["createdBy"]) == (erin.ref, volume["createdBy"])
    assert changed["modifiedAt"] > volume["modifiedAt"]


def test_viewer_cannot_update(bobs, here):
    assert bobs.put(here, {"description": "x"}).status_code == 403
    assert Volume.objects.get().description == ""


def test_a_modified_response_of_a_get_can_be_put(alices, here):
    read = alices.get(here).json()
    response = alices.put(here, {**read, "size": 200})
    assert response.status_code == 200
    assert (response.json()["size"], response.json()["version"]) == (200, 2)


@pytest.mark.parametrize("body", [None, {}, {"name": "uploads"}, {"size": 100, "labels": {}}])
def test_an_update_without_changes_raises_no_version(alices, here, volume, body):
    assert alices.put(here, body).json() == volume
    assert Revision.objects.filter(subject="volume").count() == 1


def test_growing_is_online_and_counts_the_difference(alices, here, attached, memory, environment):
    grown = alices.put(here, {"size": 150}).json()
    assert (grown["size"], grown["provisionedSize"], grown["status"]) == (150, 150, "ready")
    assert grown["attachedAppsRefs"] == [attached["appIdRef"]]
    environment.refresh_from_db()
    assert environment.storage_used == 150
    assert list(memory.sizes.values()) == [150]


def test_a_size_can_have_a_unit(alices, here):
    response = alices.put(here, {"resourceRequests": {"storage": "1GB"}})
    assert response.json()["size"] == 1024


@pytest.mark.parametrize("body", [{"size": 99}, {"resourceRequests": {"storage": "99MB"}}])
def test_shrinking_is_a_400(alices, here, body):
    response = alices.put(here, body)
    assert response.status_code == 400
    assert codes(response) == {("size", "size_decrease")}
    assert Volume.objects.get().size == 100


def test_an_update_applies_all_changes_or_none(alices, here, volume):
    response = alices.put(here, {"description": "x", "size": 1, "nmae": "y"})
    assert codes(response) == {("size", "size_decrease"), ("nmae", "unknown_field")}
    assert alices.get(here).json() == volume


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"name": None}, ("name", "invalid")),
        ({"size": None}, ("size", "invalid")),
        ({"mountPath": None}, ("mountPath", "invalid")),
        ({"labels": None}, ("labels", "invalid")),
        ({"protected": None}, ("protected", "invalid")),
        ({"attachedAppsRefs": None}, ("attachedAppsRefs", "invalid")),
        ({"resourceRequests": None}, ("resourceRequests", "invalid")),
        ({"restoreFrom": "snap-x"}, ("restoreFrom", "unknown_field")),
        ({"nmae": "x"}, ("nmae", "unknown_field")),
    ],
)
def test_an_invalid_change_is_refused(alices, here, body, problem):
    response = alices.put(here, body)
    assert response.status_code == 400
    assert codes(response) == {problem}


@pytest.mark.parametrize(
    "header",
    [
        *('"1"', "*", " * ", '"7", "1"', '"1.whatever"', '"1.a,b"', '"7","1"', ', "7" ,, "1" ,'),
        *('W/"1", "1"', '"1", W/"9"', '"7"\t,\t"1"', '"1.\xff"'),
    ],
)
def test_if_match_compares_only_the_version(alices, here, header):
    assert alices.put(here, {"description": "x"}, If_Match=header).status_code == 200


@pytest.mark.parametrize("header", ['"2"', '"11"', '"01"', '"-1"', '"*"', '"2", "3"', '"\xff"'])
def test_if_match_with_another_version_is_a_412(alices, here, header):
    response = alices.put(here, {"description": "x"}, If_Match=header)
    assert (response.status_code, response.json()["code"]) == (412, "PRECONDITION_FAILED")
    assert response.json()["details"].startswith("The current version is 1. Read it again")
    assert Volume.objects.get().version == 1


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ('W/"1"', "1"),
        ('W/"1.0123456789"', "1"),
        ('W/"7.whatever"', "7"),
        ('"2", W/"1.x"', "1"),
        ('W/"1.x", W/"2"', "1"),
        ('W/"1.x","2"', "1"),
        ('W/"of-another-server"', "1"),
        ('W/"x", W/"7"', "7"),
    ],
)
def test_a_weak_etag_is_a_412_that_says_what_to_send(alices, here, header, version):
    reason = f'the tag was weakened by a proxy; send If-Match: "{version}"'
    answers = [alices.put(here, {}, If_Match=header), alices.delete(here, If_Match=header)]
    assert [answer.status_code for answer in answers] == [412, 412]
    assert {answer.json()["details"] for answer in answers} == {reason}
    assert Volume.objects.get().version == 1


@pytest.mark.parametrize("name", ["environment", "web"])
def test_every_412_for_a_weak_etag_says_what_to_send(request, alices, apps, environment, web, name):
    paths = {"environment": f"/environments/{environment.pk}", "web": f"{apps}/{web.ref}"}
    for answer in (
        alices.put(paths[name], {}, If_Match='W/"1.x"'),
        alices.delete(paths[name], If_Match='W/"1.x"'),
    ):
        assert answer.status_code == 412
        assert 'send If-Match: "1"' in answer.json()["details"]


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", "1", "nonsense", '""', 'W/""', '"1', '1"', "'1'", '"1" "2"', '"1"x', '"1",2'),
        *(",", ",,,", "*, *", '*, "1"', '"1", *', 'w/"1"', "W/1", 'W/ "1"', '"1 "', '"1"2"'),
    ],
)
def test_an_unquoted_or_empty_etag_is_a_400_that_says_what_to_send(alices, here, header):
    for answer in (
        alices.put(here, {"description": "x"}, If_Match=header),
        alices.delete(here, If_Match=header),
    ):
        assert (answer.status_code, codes(answer)) == (400, {("", "invalid")})
        assert 'If-Match: "3"' in answer.json()["details"]
    assert Volume.objects.get().version == 1


def test_the_etag_of_a_get_is_accepted_as_if_match(alices, here):
    tag = alices.get(here)["ETag"]
    assert alices.put(here, {"description": "x"}, If_Match=tag).status_code == 200
    assert alices.put(here, {"description": "y"}, If_Match=tag).status_code == 412


def test_a_stale_version_is_a_409(alices, here):
    alices.put(here, {"description": "x"})
    response = alices.put(here, {"description": "y", "version": 1})
    assert response.status_code == 409
    assert codes(response) == {("version", "stale_version")}
    assert alices.put(here, {"description": "y", "version": 2}).json()["version"] == 3


def test_a_stale_if_match_comes_first_then_a_stale_version_then_the_rest(alices, here):
    nonsense = {"size": 0, "version": 7}
    assert alices.put(here, nonsense, If_Match='"9"').status_code == 412
    assert codes(alices.put(here, nonsense)) == {("version", "stale_version")}
    assert codes(alices.put(here, nonsense | {"version": 1})) == {("size", "invalid")}


def test_renaming_keeps_the_mount_path(alices, here, attached):
    renamed = alices.put(here, {"name": "pictures"}).json()
    assert (renamed["name"], renamed["mountPath"]) == ("pictures", "/data/uploads")


def test_a_taken_name_is_a_conflict_but_its_own_name_is_not(alices, here, make):
    make("pictures")
    assert codes(alices.put(here, {"name": "pictures"})) == {("name", "name_taken")}
    assert alices.put(here, {"name": "uploads"}).status_code == 200


def test_labels_are_replaced_as_a_whole(alices, here):
    alices.put(here, {"labels": {"a": "1", "b": "2"}})
    assert alices.put(here, {"labels": {"b": "3"}}).json()["labels"] == {"b": "3"}


def test_attachments_without_a_path_use_the_path_of_the_volume(
    alices, here, apps, attached, worker
):
    own = {"appIdRef": worker.ref, "mountPath": "/own", "readOnly": True}
    alices.post(f"{here}/attachment", own)
    alices.put(here, {"mountPath": "/srv/new"})
    found = alices.get(f"{here}/attachment").json()
    assert [(one["mountPath"], one["readOnly"]) for one in found] == [
        ("/srv/new", False),
        ("/own", True),
    ]


def test_a_new_mount_path_has_to_be_free_in_every_application_that_uses_it(
    alices, here, attached, make, web
):
    make("other", mountPath="/srv/other", attachedAppsRefs=[web.ref])
    response = alices.put(here, {"mountPath": "/srv/other"})
    assert response.status_code == 409
    assert codes(response) == {("mountPath", "mount_path_taken")}


def test_a_path_of_an_application_that_is_detached_is_free(alices, here, attached, make, web):
    make("other", mountPath="/srv/other", attachedAppsRefs=[web.ref])
    response = alices.put(here, {"mountPath": "/srv/other", "attachedAppsRefs": []})
    assert response.status_code == 200
    assert (response.json()["mountPath"], response.json()["attachedAppsRefs"]) == (
        "/srv/other",
        [],
    )


def test_the_applications_are_replaced_in_one_change(alices, here, attached, worker):
    changed = alices.put(here, {"attachedAppsRefs": [worker.ref]}).json()
    assert (changed["attachedAppsRefs"], changed["version"]) == ([worker.ref], 3)
    assert alices.put(here, {"attachedAppsRefs": []}).json()["attachedAppsRefs"] == []


def test_applications_that_stay_keep_path_and_read_only(alices, here, web, worker):
    own = {"appIdRef": web.ref, "mountPath": "/own", "readOnly": True}
    alices.post(f"{here}/attachment", own)
    alices.put(here, {"attachedAppsRefs": [worker.ref, web.ref]})
    first = alices.get(f"{here}/attachment").json()[0]
    assert (first["appIdRef"], first["mountPath"], first["readOnly"]) == (web.ref, "/own", True)


def test_growing_beyond_the_quota_is_a_conflict(alices, here, environment):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=149)
    assert codes(alices.put(here, {"size": 150})) == {("size", "quota_exceeded")}
    assert alices.put(here, {"size": 149}).status_code == 200


def test_only_growing_is_refused_when_the_quota_is_exceeded(alices, here, environment):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=10)
    assert alices.put(here, {"description": "x", "size": 100}).status_code == 200
    assert codes(alices.put(here, {"size": 101})) == {("size", "quota_exceeded")}


def test_a_volume_in_error_can_be_changed_and_an_empty_put_retries(alices, make, volumes, memory):
    memory.fail("create")
    broken = make("broken")
    path = f"{volumes}/{broken['id']}"
    assert (broken["status"], broken["statusMessage"]) == ("error", "The disk is full.")
    assert alices.put(path, {"description": "x"}).json()["status"] == "error"
    memory.heal()
    healed = alices.put(path).json()
    assert (healed["status"], healed["statusMessage"], healed["version"]) == ("ready", "", 2)


def test_a_pending_volume_can_be_grown_attached_and_deleted(alices, make, volumes, web, settings):
    settings.RECONCILE_INLINE = False
    path = f"{volumes}/{make('slow')['id']}"
    grown = alices.put(path, {"size": 300, "attachedAppsRefs": [web.ref]}).json()
    assert (grown["status"], grown["size"]) == ("pending", 300)
    alices.put(path, {"attachedAppsRefs": []})
    assert alices.delete(path).status_code == 200

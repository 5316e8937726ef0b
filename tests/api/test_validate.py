"""POST /{envId}/volume/validate returns what create or update would return."""

import json

import pytest

from tests.factories import EnvironmentFactory
from volumes.models import Environment, Volume


@pytest.fixture
def ask(alices, volumes, memory):
    def validate(**spec):
        response = alices.post(f"{volumes}/validate", spec)
        assert response.status_code == 200, response.content
        return response.json()

    return validate


def said(problems):
    return {(problem["field"], problem["code"]) for problem in problems}


def test_a_valid_request_is_confirmed_and_nothing_is_written(ask, environment):
    answer = ask(name="uploads", size=10)
    assert answer == {
        "valid": True,
        "errors": [],
        "warnings": [],
        "quota": {"limit": None, "used": 0, "after": 10},
        "normalized": {"name": "uploads", "size": 10, "mountPath": "/data/uploads"},
    }
    assert not Volume.objects.exists()


def test_viewer_can_validate(bobs, volumes):
    assert bobs.post(f"{volumes}/validate", {"name": "uploads", "size": 1}).json()["valid"]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"name": "Bad", "size": 0, "x": 1},
        {"name": "uploads", "size": 1},
        {"name": "b", "size": 2**80, "mountPath": "/proc"},
        {"name": "b", "size": 1, "restoreFrom": "snap-00000000-0000-0000-0000-000000000000"},
        {"name": "b", "size": 1, "attachedAppsRefs": ["00000000-0000-0000-0000-000000000000"]},
        {"name": "b", "size": 5000},
    ],
)
def test_validate_reports_the_codes_of_create(ask, alices, volumes, volume, environment, spec):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=1000)
    answer = ask(**spec)
    refusal = alices.post(volumes, spec).json()
    assert not answer["valid"]
    assert answer["errors"] == refusal["errors"]


@pytest.mark.parametrize("spec", [{"size": 50}, {"size": 150, "protected": 1}, {"version": 7}])
def test_validate_reports_the_codes_of_update(ask, alices, here, volume, spec):
    answer = ask(id=volume["id"], **spec)
    refusal = alices.put(here, spec).json()
    assert said(answer["errors"]) == said(refusal["errors"])
    assert not answer["valid"]


def test_validate_with_an_id_keeps_missing_fields(ask, volume):
    answer = ask(id=volume["id"], size=150)
    assert answer["valid"]
    assert answer["normalized"] == {"name": "uploads", "size": 150, "mountPath": "/data/uploads"}
    assert answer["quota"] == {"limit": None, "used": 100, "after": 150}


@pytest.mark.parametrize(
    ("ident", "code"),
    [
        ("vol-00000000-0000-0000-0000-000000000000", "not_found"),
        ("nonsense", "invalid"),
        (None, "invalid"),
        (7, "invalid"),
    ],
)
def test_an_unknown_id_is_an_error_of_the_field_id(ask, ident, code):
    assert said(ask(id=ident, size=5)["errors"]) == {("id", code)}


def test_a_volume_of_another_environment_cannot_be_updated_here(ask, alices, company):
    other = EnvironmentFactory.create(company=company)
    made = alices.post(f"/{other.pk}/volume", {"name": "uploads", "size": 1}).json()
    assert said(ask(id=made["id"], size=5)["errors"]) == {("id", "not_found")}


def test_a_deleted_volume_cannot_be_updated(ask, alices, here, volume):
    alices.delete(here)
    assert said(ask(id=volume["id"], size=500)["errors"]) == {("id", "not_found")}


def test_restore_from_is_refused_in_an_update(ask, volume, snapshot):
    answer = ask(id=volume["id"], restoreFrom=snapshot["id"])
    assert said(answer["errors"]) == {("restoreFrom", "unknown_field")}


@pytest.mark.parametrize("name", ["data", "volume1", "test", "volume-2"])
def test_a_meaningless_name_gets_a_warning(ask, name):
    answer = ask(name=name, size=1)
    assert answer["valid"]
    assert said(answer["warnings"]) == {("name", "vague_name")}


@pytest.mark.parametrize(
    "path",
    [
        "/etc",
        "/usr/share",
        "/bin",
        "/lib/x",
        "/sbin",
        "/boot",
        "/root/x",
        "/var/run",
        "/var/run/x",
    ],
)
def test_a_system_directory_gets_a_warning(ask, path):
    answer = ask(name="uploads", size=1, mountPath=path)
    assert answer["valid"]
    assert said(answer["warnings"]) == {("mountPath", "system_path")}


@pytest.mark.parametrize("path", ["/etcetera", "/var/running", "/srv/etc", "/var"])
def test_a_path_that_resembles_a_system_directory_gets_no_warning(ask, path):
    assert ask(name="uploads", size=1, mountPath=path)["warnings"] == []


@pytest.mark.parametrize(("size", "warnings"), [(900, set()), (901, {("size", "quota_low")})])
def test_less_than_a_tenth_of_the_quota_left_gets_a_warning(ask, environment, size, warnings):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=1000)
    answer = ask(name="uploads", size=size)
    assert answer["valid"]
    assert said(answer["warnings"]) == warnings


@pytest.mark.parametrize(
    ("path", "warnings"),
    [
        ("/srv/a/b", {("mountPath", "nested_path")}),
        ("/srv", {("mountPath", "nested_path")}),
        ("/srv/ab", set()),
    ],
)
def test_a_nested_mount_path_gets_a_warning(ask, make, web, path, warnings):
    make("uploads", mountPath="/srv/a", attachedAppsRefs=[web.ref])
    answer = ask(name="other", size=1, mountPath=path, attachedAppsRefs=[web.ref])
    assert answer["valid"]
    assert said(answer["warnings"]) == warnings


def test_the_quota_is_returned_also_when_it_is_exceeded(ask, environment, make):
    make("uploads")
    Environment.objects.filter(pk=environment.pk).update(storage_quota=120)
    answer = ask(name="other", size=50)
    assert said(answer["errors"]) == {("size", "quota_exceeded")}
    assert answer["quota"] == {"limit": 120, "used": 100, "after": 150}


@pytest.mark.parametrize("body", [[], "x", 1, True])
def test_json_that_is_no_object_is_a_400(alices, volumes, body):
    response = alices.post(f"{volumes}/validate", json.dumps(body).encode())
    assert response.status_code == 400


@pytest.mark.parametrize("body", [b"", b"null"])
def test_an_empty_body_is_an_empty_object(alices, volumes, body):
    answer = alices.post(f"{volumes}/validate", body).json()
    assert said(answer["errors"]) == {("name", "required"), ("size", "required")}

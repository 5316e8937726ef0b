"""POST /{envId}/volume."""

import re
import uuid

import pytest

from tests.factories import ApplicationFactory, EnvironmentFactory
from tests.support.api import codes
from volumes.models import Volume
from volumes.specs.volume import RESPONSE_FIELDS

WISH = {"name": "postgres-data", "size": 1024}
FIELDS = [
    "id",
    "name",
    "envIdRef",
    "companyIdRef",
    "size",
    "mountPath",
    "isDeleted",
    "createdBy",
    "modifiedBy",
    "version",
]

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


@pytest.mark.usefixtures("storage_root")
def test_creating_a_volume_creates_its_directory(api, alice, environment, storage_root):
    response = api(alice).post(f"/{environment.pk}/volume", WISH)
    volume = response.json()
    assert response.status_code == 201
    assert (volume["status"], volume["provisionedSize"]) == ("ready", 1024)
    assert (storage_root / volume["id"].removeprefix("vol-") / "data").is_dir()


@pytest.mark.usefixtures("storage_root")
def test_charlie_cannot_create_a_volume_in_alices_environment(api, charlie, environment):
    response = api(charlie).post(f"/{environment.pk}/volume", WISH)
    assert response.status_code == 404
    assert not Volume.objects.exists()


@pytest.mark.usefixtures("storage_root")
def test_all_problems_are_reported_at_once(api, alice, environment):
    response = api(alice).post(f"/{environment.pk}/volume", {"name": "Bad", "size": 0, "x": 1})
    assert response.status_code == 400
    assert codes(response) == {("name", "invalid"), ("size", "invalid"), ("x", "unknown_field")}


def test_the_response_begins_with_the_fields_of_the_source_document(make, environment, alice):
    volume = make("uploads")
    assert list(volume)[:10] == FIELDS
    assert volume["envIdRef"] == str(environment.pk)
    assert volume["companyIdRef"] == str(environment.company_id)
    assert volume["createdBy"] == volume["modifiedBy"] == alice.ref
    assert (volume["version"], volume["isDeleted"]) == (1, False)


def test_create_and_get_return_the_fields_in_the_order_of_the_table(api, alice, environment, make):
    made = make("uploads")
    read = api(alice).get(f"/{environment.pk}/volume/{made['id']}").json()
    assert list(made) == list(read) == [field.name for field in RESPONSE_FIELDS]


def test_missing_fields_get_their_default(make):
    volume = make("uploads")
    stored = {name: volume[name] for name in ("mountPath", "description", "labels", "protected")}
    assert stored == {
        "mountPath": "/data/uploads",
        "description": "",
        "labels": {},
        "protected": False,
    }
    assert (volume["usedSize"], volume["usedSizeAt"], volume["attachedAppsRefs"]) == (
        None,
        None,
        [],
    )


def test_times_are_in_utc_with_six_decimals(make):
    volume = make("uploads")
    assert re.fullmatch(MOMENT, volume["createdAt"])
    assert volume["modifiedAt"] == volume["createdAt"]


def test_location_is_the_url_of_the_volume(alices, volumes, memory):
    response = alices.post(volumes, WISH)
    assert alices.get(response["Location"]).json() == response.json()


def test_every_field_that_a_caller_sets_is_stored(make, web):
    volume = make(
        "uploads",
        mountPath="/srv/uploads/",
        description="What people send",
        labels={"tier": "web", "example.com/team": ""},
        protected=True,
        attachedAppsRefs=[web.ref],
    )
    assert volume["mountPath"] == "/srv/uploads"
    assert volume["description"] == "What people send"
    assert volume["labels"] == {"tier": "web", "example.com/team": ""}
    assert volume["protected"] is True
    assert volume["attachedAppsRefs"] == [web.ref]


def test_fields_that_holdfast_sets_are_accepted_and_ignored(make):
    theirs = {"id": "vol-x", "version": 9, "status": "error", "isDeleted": True, "createdBy": 7}
    volume = make("uploads", **theirs)
    assert (volume["version"], volume["status"], volume["isDeleted"]) == (1, "ready", False)


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("10GB", 10240),
        ("10Gi", 10240),
        ("512MB", 512),
        ("512Mi", 512),
        ("1TB", 1048576),
        ("2Ti", 2097152),
        ("007MB", 7),
    ],
)
def test_a_size_can_have_a_unit(alices, volumes, memory, said, size):
    response = alices.post(volumes, {"name": "uploads", "resourceRequests": {"storage": said}})
    assert response.json()["size"] == size


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"name": "a"}, ("size", "required")),
        ({"size": 1}, ("name", "required")),
        ({"name": "a", "resourceRequests": {}}, ("resourceRequests.storage", "required")),
        (
            {"name": "a", "resourceRequests": {"storage": "1GB", "cpu": 1}},
            ("resourceRequests.cpu", "unknown_field"),
        ),
        (
            {"name": "a", "size": 1, "resourceRequests": {"storage": "2MB"}},
            ("resourceRequests.storage", "size_mismatch"),
        ),
        ({"name": "a", "resourceRequests": "1GB"}, ("resourceRequests", "invalid")),
        ({"name": "a", "size": 2**24 + 1}, ("size", "too_large")),
        (
            {"name": "a", "resourceRequests": {"storage": "17TB"}},
            ("resourceRequests.storage", "too_large"),
        ),
        (
            {"name": "a", "resourceRequests": {"storage": "9" * 5000 + "TB"}},
            ("resourceRequests.storage", "too_large"),
        ),
    ],
)
def test_an_invalid_size_is_reported(alices, volumes, memory, spec, problem):
    response = alices.post(volumes, spec)
    assert response.status_code == 400
    assert codes(response) == {problem}


@pytest.mark.parametrize(
    "said",
    ["10", "10 GB", "1.5GB", "10gb", "-1GB", "+1GB", "", "\u0661GB", "0GB", "10KB", 10, "10GB\n"],
)
def test_text_that_is_no_size_is_refused(alices, volumes, memory, said):
    response = alices.post(volumes, {"name": "uploads", "resourceRequests": {"storage": said}})
    assert codes(response) == {("resourceRequests.storage", "invalid")}


@pytest.mark.parametrize("size", [0, -1, 1.0, "7", "\u0661", True, None, [], {}, 1e3])
def test_a_size_that_is_no_integer_is_refused(alices, volumes, memory, size):
    response = alices.post(volumes, {"name": "uploads", "size": size})
    assert response.status_code == 400
    assert codes(response) == {("size", "invalid")}


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "A", "a_b", "a.b", "ä", "a" * 64, "a\n", " a", "a/b", 7, None, ["a"]]
)
def test_a_name_that_is_no_dns_label_is_refused(alices, volumes, memory, name):
    response = alices.post(volumes, {"name": name, "size": 1})
    assert response.status_code == 400
    assert codes(response) == {("name", "invalid")}


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a--b", "a" * 63])
def test_every_dns_label_is_accepted_as_a_name(make, name):
    assert make(name)["name"] == name


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "data",
        "./data",
        "/data//x",
        "/data/../etc",
        "/data/.",
        "/a/..",
        "/..",
        "/a:b",
        "/a\tb",
        "/a\x7f",
        "/a\x85",
        "/proc",
        "/proc/1",
        "/sys/fs",
        "/dev/",
        "/" + "a" * 256,
        "/" + "/".join(["a" * 200] * 6),
        7,
        None,
    ],
)
def test_an_invalid_mount_path_is_refused(alices, volumes, memory, path):
    response = alices.post(volumes, {"name": "uploads", "size": 1, "mountPath": path})
    assert response.status_code == 400
    assert codes(response) == {("mountPath", "invalid")}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/srv/data/", "/srv/data"),
        ("/process", "/process"),
        ("/srv/proc", "/srv/proc"),
        ("/a b/…", "/a b/…"),
        ("/" + "a" * 255, "/" + "a" * 255),
        ("/..data", "/..data"),
    ],
)
def test_an_unusual_but_valid_mount_path_is_accepted(make, given, kept):
    assert make("uploads", mountPath=given)["mountPath"] == kept


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ({"": "x"}, "labels."),
        ({"-a": "x"}, "labels.-a"),
        ({"a" * 64: "x"}, "labels." + "a" * 64),
        ({"Bad.Prefix/a": "x"}, "labels.Bad.Prefix/a"),
        ({"a/b/c": "x"}, "labels.a/b/c"),
        ({"tier": "a b"}, "labels.tier"),
        ({"tier": "a" * 64}, "labels.tier"),
        ({"tier": 7}, "labels.tier"),
        ({"tier": None}, "labels.tier"),
        ({f"k{n}": "v" for n in range(33)}, "labels"),
        ([], "labels"),
        (None, "labels"),
    ],
)
def test_labels_outside_the_kubernetes_syntax_are_refused(alices, volumes, memory, labels, field):
    response = alices.post(volumes, {"name": "uploads", "size": 1, "labels": labels})
    assert response.status_code == 400
    assert codes(response) == {(field, "invalid")}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", "x" * 501),
        ("description", 7),
        ("description", None),
        ("protected", "true"),
        ("protected", 1),
        ("protected", None),
        ("attachedAppsRefs", "app"),
        ("attachedAppsRefs", None),
        ("attachedAppsRefs", ["nonsense"]),
        ("restoreFrom", "nonsense"),
        ("restoreFrom", None),
    ],
)
def test_a_field_of_the_wrong_type_is_refused(alices, volumes, memory, field, value):
    response = alices.post(volumes, {"name": "uploads", "size": 1, field: value})
    assert response.status_code == 400
    assert codes(response) == {(field, "invalid")}


def test_a_name_is_unique_in_an_environment(alices, volumes, volume):
    response = alices.post(volumes, {"name": "uploads", "size": 1})
    assert response.status_code == 409
    assert response.json()["code"] == "CONFLICT"
    assert codes(response) == {("name", "name_taken")}


def test_the_same_name_can_be_used_in_another_environment(alices, company, volume):
    other = EnvironmentFactory.create(company=company)
    assert alices.post(f"/{other.pk}/volume", {"name": "uploads", "size": 1}).status_code == 201


def test_the_name_of_a_deleted_volume_can_be_used_at_once(alices, here, make, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.delete(here)
    assert make("uploads")["status"] == "ready"


def test_an_application_id_needs_no_prefix_and_ignores_case(make, web):
    volume = make("uploads", attachedAppsRefs=[str(web.pk).upper(), web.ref])
    assert volume["attachedAppsRefs"] == [web.ref]


def test_a_foreign_application_gets_the_same_error_as_an_unknown_one(
    alices, volumes, memory, company
):
    elsewhere = ApplicationFactory.create(environment=EnvironmentFactory.create(company=company))
    spec = {"name": "uploads", "size": 1, "attachedAppsRefs": [elsewhere.ref, str(uuid.uuid4())]}
    response = alices.post(volumes, spec)
    assert response.status_code == 400
    assert codes(response) == {("attachedAppsRefs", "not_found")}
    assert len(response.json()["errors"]) == 2


def test_an_application_cannot_mount_two_volumes_at_one_path(alices, volumes, make, web):
    make("uploads", mountPath="/srv", attachedAppsRefs=[web.ref])
    spec = {"name": "other", "size": 1, "mountPath": "/srv", "attachedAppsRefs": [web.ref]}
    response = alices.post(volumes, spec)
    assert response.status_code == 409
    assert codes(response) == {("mountPath", "mount_path_taken")}


def test_an_invalid_field_takes_precedence_over_conflicts(alices, volumes, volume):
    response = alices.post(volumes, {"name": "uploads", "size": 0})
    assert response.status_code == 400
    assert codes(response) == {("name", "name_taken"), ("size", "invalid")}


def test_a_refused_create_stores_nothing(alices, volumes, memory, environment):
    alices.post(volumes, {"name": "uploads", "size": 5, "typo": 1})
    environment.refresh_from_db()
    assert (Volume.objects.count(), environment.storage_used, memory.volumes) == (0, 0, {})


def test_the_response_is_pending_without_the_inline_step(make, settings, memory):
    settings.RECONCILE_INLINE = False
    volume = make("uploads")
    assert (volume["status"], volume["provisionedSize"]) == ("pending", None)
    assert memory.volumes == {}

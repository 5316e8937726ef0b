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
def test_alice_creates_a_volume_whose_directory_exists(api, alice, environment, storage_root):
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
def test_every_problem_is_named_at_once(api, alice, environment):
    response = api(alice).post(f"/{environment.pk}/volume", {"name": "Bad", "size": 0, "x": 1})
    assert response.status_code == 400
    assert codes(response) == {("name", "invalid"), ("size", "invalid"), ("x", "unknown_field")}


def test_the_answer_begins_with_the_fields_of_the_source_document(make, environment, alice):
    volume = make("uploads")
    assert list(volume)[:10] == FIELDS
    assert volume["envIdRef"] == str(environment.pk)
    assert volume["companyIdRef"] == str(environment.company_id)
    assert volume["createdBy"] == volume["modifiedBy"] == alice.ref
    assert (volume["version"], volume["isDeleted"]) == (1, False)


def test_create_and_get_answer_with_the_fields_of_the_table_in_its_order(
    api, alice, environment, make
):
    made = make("uploads")
    read = api(alice).get(f"/{environment.pk}/volume/{made['id']}").json()
    assert list(made) == list(read) == [field.name for field in RESPONSE_FIELDS]


def test_what_is_left_out_gets_its_default(make):
    volume = make("uploads")
    told = {name: volume[name] for name in ("mountPath", "description", "labels", "protected")}
    assert told == {
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


def test_location_leads_to_the_volume(alices, volumes, memory):
    response = alices.post(volumes, WISH)
    assert alices.get(response["Location"]).json() == response.json()


def test_everything_a_caller_sets_is_kept(make, web):
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


def test_what_holdfast_sets_is_accepted_and_ignored(make):
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
def test_a_size_can_be_said_in_words(alices, volumes, memory, said, size):
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
def test_a_size_that_cannot_be_is_named(alices, volumes, memory, spec, problem):
    response = alices.post(volumes, spec)
    assert response.status_code == 400
    assert codes(response) == {problem}


@pytest.mark.parametrize(
    "said",
    ["10", "10 GB", "1.5GB", "10gb", "-1GB", "+1GB", "", "\u0661GB", "0GB", "10KB", 10, "10GB\n"],
)
def test_words_that_say_no_size_are_refused(alices, volumes, memory, said):
    response = alices.post(volumes, {"name": "uploads", "resourceRequests": {"storage": said}})
    assert codes(response) == {("resourceRequests.storage", "invalid")}


@pytest.mark.parametrize("size", [0, -1, 1.0, "7", "\u0661", True, None, [], {}, 1e3])
def test_a_size_that_is_no_whole_number_is_refused(alices, volumes, memory, size):
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
def test_any_dns_label_is_a_name(make, name):
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
def test_a_mount_path_that_cannot_be_is_refused(alices, volumes, memory, path):
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
def test_an_odd_but_sound_mount_path_is_taken(make, given, kept):
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
def test_a_field_of_the_wrong_kind_is_refused(alices, volumes, memory, field, value):
    response = alices.post(volumes, {"name": "uploads", "size": 1, field: value})
    assert response.status_code == 400
    assert codes(response) == {(field, "invalid")}


def test_a_name_is_taken_once_in_an_environment(alices, volumes, volume):
    response = alices.post(volumes, {"name": "uploads", "size": 1})
    assert response.status_code == 409
    assert response.json()["code"] == "CONFLICT"
    assert codes(response) == {("name", "name_taken")}


def test_the_same_name_is_free_in_another_environment(alices, company, volume):
    other = EnvironmentFactory.create(company=company)
    assert alices.post(f"/{other.pk}/volume", {"name": "uploads", "size": 1}).status_code == 201


def test_a_deleted_volumes_name_is_free_at_once(alices, here, make, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.delete(here)
    assert make("uploads")["status"] == "ready"


def test_an_application_can_be_named_by_its_bare_id_in_any_case(make, web):
    volume = make("uploads", attachedAppsRefs=[str(web.pk).upper(), web.ref])
    assert volume["attachedAppsRefs"] == [web.ref]


def test_an_application_elsewhere_is_as_missing_as_one_that_never_was(
    alices, volumes, memory, company
):
    elsewhere = ApplicationFactory.create(environment=EnvironmentFactory.create(company=company))
    spec = {"name": "uploads", "size": 1, "attachedAppsRefs": [elsewhere.ref, str(uuid.uuid4())]}
    response = alices.post(volumes, spec)
    assert response.status_code == 400
    assert codes(response) == {("attachedAppsRefs", "not_found")}
    assert len(response.json()["errors"]) == 2


def test_one_application_cannot_mount_two_volumes_at_one_path(alices, volumes, make, web):
    make("uploads", mountPath="/srv", attachedAppsRefs=[web.ref])
    spec = {"name": "other", "size": 1, "mountPath": "/srv", "attachedAppsRefs": [web.ref]}
    response = alices.post(volumes, spec)
    assert response.status_code == 409
    assert codes(response) == {("mountPath", "mount_path_taken")}


def test_one_bad_request_among_conflicts_makes_it_a_400(alices, volumes, volume):
    response = alices.post(volumes, {"name": "uploads", "size": 0})
    assert response.status_code == 400
    assert codes(response) == {("name", "name_taken"), ("size", "invalid")}


def test_a_refused_volume_leaves_nothing_behind(alices, volumes, memory, environment):
    alices.post(volumes, {"name": "uploads", "size": 5, "typo": 1})
    environment.refresh_from_db()
    assert (Volume.objects.count(), environment.storage_used, memory.volumes) == (0, 0, {})


def test_without_the_inline_step_the_answer_says_pending(make, settings, memory):
    settings.RECONCILE_INLINE = False
    volume = make("uploads")
    assert (volume["status"], volume["provisionedSize"]) == ("pending", None)
    assert memory.volumes == {}

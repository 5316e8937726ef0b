"""GET /{envId}/volume/{id}, and the ETags of objects with a version."""

import re

import pytest

from volumes.models import Volume

MISSING = "vol-00000000-0000-0000-0000-000000000000"


def test_admin_reads_the_volume(alices, here, volume):
    response = alices.get(here)
    assert (response.status_code, response.json()) == (200, volume)
    assert response["Content-Type"] == "application/json"


def test_viewer_reads_the_volume(bobs, here, volume):
    assert bobs.get(here).json() == volume


@pytest.mark.parametrize("form", ["{0}", "vol-{0}", "vol-{1}", "{1}"])
def test_an_id_needs_no_prefix_and_ignores_case(alices, volumes, volume, form):
    bare = volume["id"].removeprefix("vol-")
    response = alices.get(f"{volumes}/{form.format(bare, bare.upper())}")
    assert response.json()["id"] == volume["id"]


@pytest.mark.parametrize(
    "ident",
    [
        "x",
        "vol-",
        "vol-x",
        "app-00000000-0000-0000-0000-000000000000",
        "00000000000000000000000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "vol-vol-00000000-0000-0000-0000-000000000000",
        "%20",
        "%0a",
        "0000000\u0660-0000-0000-0000-000000000000",
    ],
)
def test_an_identifier_of_another_form_is_a_400(alices, volumes, ident):
    response = alices.get(f"{volumes}/{ident}")
    assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")


def test_an_unknown_volume_is_a_404(alices, volumes):
    response = alices.get(f"{volumes}/{MISSING}")
    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


def test_only_the_history_shows_a_deleted_volume(alices, here, volume):
    alices.delete(here)
    hidden = [
        alices.get(here),
        alices.put(here, {}),
        alices.delete(here),
        alices.get(f"{here}/usage"),
        alices.get(f"{here}/attachment"),
        alices.post(f"{here}/attachment", {}),
        alices.get(f"{here}/snapshot"),
        alices.post(f"{here}/snapshot"),
    ]
    assert [response.status_code for response in hidden] == [404] * len(hidden)
    assert alices.get(f"{here}/history").status_code == 200


def test_the_etag_is_strong_and_begins_with_the_version(alices, here, volume):
    tag = alices.get(here)["ETag"]
    assert re.fullmatch(r'"1\.[0-9a-f]+"', tag)
    assert alices.get(here)["ETag"] == tag


def test_a_current_etag_gets_304_without_a_body(alices, here):
    tag = alices.get(here)["ETag"]
    response = alices.get(here, If_None_Match=tag)
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("header", ['"1"', '"1.0"', '"x", W/"y"', "nonsense", ""])
def test_if_none_match_compares_the_whole_etag(alices, here, header):
    assert alices.get(here, If_None_Match=header).status_code == 200


def test_a_new_status_changes_the_etag_but_not_the_version(alices, here, volume):
    before = alices.get(here)["ETag"]
    Volume.objects.update(status="error", status_message="The disk is full.")
    response = alices.get(here, If_None_Match=before)
    assert response.status_code == 200
    assert response["ETag"].startswith('"1.')


def test_every_response_with_one_volume_has_its_etag(alices, volumes, memory):
    made = alices.post(volumes, {"name": "uploads", "size": 1})
    path = made["Location"]
    assert made["ETag"] == alices.get(path)["ETag"]
    changed = alices.put(path, {"description": "x"})
    assert changed["ETag"] == alices.get(path)["ETag"] != made["ETag"]


def test_applications_and_environments_have_etags(alices, apps, web, environment):
    for_app = alices.get(f"{apps}/{web.ref}")
    for_environment = alices.get(f"/environments/{environment.pk}")
    assert for_app["ETag"].startswith('"1.')
    assert alices.get(f"{apps}/{web.ref}", If_None_Match=for_app["ETag"]).status_code == 304
    tag = for_environment["ETag"]
    assert alices.get(f"/environments/{environment.pk}", If_None_Match=tag).status_code == 304


def test_head_returns_the_headers_of_get(alices, here):
    response = alices.send("HEAD", here, None)
    assert response.status_code == 200
    assert response["ETag"] == alices.get(here)["ETag"]

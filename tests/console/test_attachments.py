"""The applications of a volume: the list, attaching one, detaching one."""

from __future__ import annotations

import pytest

from accounts.models import Revision
from tests.factories import ApplicationFactory
from volumes.models import Attachment


@pytest.fixture
def mount(volume, web) -> Attachment:
    return Attachment.objects.create(volume=volume, application=web, mount_path="/data/uploads")


@pytest.fixture
def let_go(there, web) -> str:
    """Where the application is detached."""
    return f"{there}/detach/{web.pk}"


def test_the_list_says_who_mounts_it_where_and_from_what(alices, there, volume, mount):
    page = alices.get(f"{there}/applications").text
    for fact in (">web</th>", "/data/uploads", "read and write", f"memory:{volume.pk}"):
        assert fact in page


def test_without_any_it_says_what_attaching_is_for(alices, there):
    page = alices.get(f"{there}/applications").text
    assert "No application mounts it" in page
    assert f'href="{there}/attach"' in page


def test_an_editor_attaches_one(erins, there, volume, web):
    response = erins.post(f"{there}/attach", {"appIdRef": web.ref}, follow=True)
    assert response.redirect_chain == [(f"{there}/applications", 302)]
    assert "web may mount uploads at /data/uploads now." in response.text
    made = volume.attachments.get()
    assert (made.mount_path, made.has_own_path, made.read_only) == ("/data/uploads", False, False)


def test_with_a_path_of_its_own_and_only_to_read(alices, there, volume, web):
    spec = {"appIdRef": web.ref, "mountPath": "/mnt/photos/", "readOnly": "on"}
    page = alices.post(f"{there}/attach", spec, follow=True).text
    made = volume.attachments.get()
    assert (made.mount_path, made.has_own_path, made.read_only) == ("/mnt/photos", True, True)
    assert "its own" in page
    assert ">read</td>" in page


def test_only_those_that_do_not_mount_it_are_offered(alices, there, mount, environment):
    worker = ApplicationFactory.create(environment=environment, name="worker")
    page = alices.get(f"{there}/attach").text
    assert worker.ref in page
    assert mount.application.ref not in page


def test_where_none_is_left_it_leads_to_a_new_one(alices, there, here, mount):
    page = alices.get(f"{there}/attach").text
    assert "No application is left to attach" in page
    assert f'href="{here}/new-application"' in page


def test_the_address_can_choose_one(alices, there, environment):
    apps = [ApplicationFactory.create(environment=environment) for _ in range(3)]
    page = alices.get(f"{there}/attach?app={apps[1].ref}").text
    assert f'<option value="{apps[1].ref}" selected>' in page


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "Is required."),
        ({"appIdRef": "nonsense"}, "Must be an identifier"),
        ({"appIdRef": "app-660e8400-e29b-41d4-a716-446655440001"}, "no application of this"),
    ],
)
def test_the_rules_say_which_application_is_wrong(alices, there, volume, web, spec, words):
    page = alices.post(f"{there}/attach", spec).text
    assert words in page
    assert 'id="id_appIdRef_error"' in page
    assert not volume.attachments.exists()


@pytest.mark.parametrize("path", ["photos", "/proc/x", "/"])
def test_the_rules_say_what_is_wrong_with_the_path(alices, there, volume, web, path):
    page = alices.post(f"{there}/attach", {"appIdRef": web.ref, "mountPath": path}).text
    assert 'id="id_mountPath_error"' in page
    assert f'value="{path}"' in page
    assert not volume.attachments.exists()


def test_a_path_that_is_taken_is_said_at_the_path(alices, there, make, web):
    other = make("other", mountPath="/data/uploads", attachedAppsRefs=[web.ref])
    page = alices.post(f"{there}/attach", {"appIdRef": web.ref}).text
    assert "/data/uploads is taken in web" in page
    assert Attachment.objects.get().volume == other


def test_a_second_time_is_refused(alices, there, volume, mount, web):
    page = alices.post(f"{there}/attach", {"appIdRef": web.ref}).text
    assert "web mounts this volume already." in page
    assert volume.attachments.count() == 1


def test_detaching_asks_first(alices, let_go, mount, volume):
    page = alices.get(let_go).text
    assert "Detach web from uploads" in page
    assert "/data/uploads" in page
    assert volume.attachments.exists()


def test_an_editor_detaches_one(erins, let_go, there, mount, volume):
    response = erins.post(let_go, follow=True)
    assert response.redirect_chain == [(f"{there}/applications", 302)]
    assert "web is detached. The data stays." in response.text
    assert not volume.attachments.exists()
    assert Revision.objects.latest("id").action == "detach"
    assert erins.post(let_go).status_code == 404


def test_a_viewer_looks_only(bobs, there, let_go, mount, volume):
    page = bobs.get(f"{there}/applications").text
    assert ">web</th>" in page
    assert "/attach" not in page
    assert "/detach" not in page
    for address in (f"{there}/attach", let_go):
        assert bobs.get(address).status_code == 403
        assert bobs.post(address).status_code == 403
    assert volume.attachments.count() == 1


def test_strangers_find_nothing(charlies, there, let_go, mount, volume):
    for address in (f"{there}/attach", let_go):
        assert charlies.get(address).status_code == 404
        assert charlies.post(address).status_code == 404
    assert volume.attachments.count() == 1


def test_attaching_asks_little(alices, there, environment, volume, django_assert_max_num_queries):
    for _ in range(30):
        ApplicationFactory.create(environment=environment)
    with django_assert_max_num_queries(12):
        alices.get(f"{there}/attach")

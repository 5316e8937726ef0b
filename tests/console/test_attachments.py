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


def test_the_list_shows_application_path_and_source(alices, there, volume, mount):
    page = alices.get(f"{there}/applications").text
    for fact in (">web</th>", "/data/uploads", "read and write", f"memory:{volume.pk}"):
        assert fact in page


def test_the_empty_list_explains_attachments(alices, there):
    page = alices.get(f"{there}/applications").text
    assert "No application mounts it" in page
    assert f'href="{there}/attach"' in page


def test_editor_attaches_an_application(erins, there, volume, web):
    response = erins.post(f"{there}/attach", {"appIdRef": web.ref}, follow=True)
    assert response.redirect_chain == [(f"{there}/applications", 302)]
    assert "web may mount uploads at /data/uploads now." in response.text
    made = volume.attachments.get()
    assert (made.mount_path, made.has_own_path, made.read_only) == ("/data/uploads", False, False)


def test_an_attachment_can_have_its_own_path_and_be_read_only(alices, there, volume, web):
    spec = {"appIdRef": web.ref, "mountPath": "/mnt/photos/", "readOnly": "on"}
    page = alices.post(f"{there}/attach", spec, follow=True).text
    made = volume.attachments.get()
    assert (made.mount_path, made.has_own_path, made.read_only) == ("/mnt/photos", True, True)
    assert "its own" in page
    assert ">read</td>" in page


def test_only_applications_that_are_not_attached_are_offered(alices, there, mount, environment):
    worker = ApplicationFactory.create(environment=environment, name="worker")
    page = alices.get(f"{there}/attach").text
    assert worker.ref in page
    assert mount.application.ref not in page


def test_the_form_links_to_a_new_application_when_none_is_left(alices, there, here, mount):
    page = alices.get(f"{there}/attach").text
    assert "No application is left to attach" in page
    assert f'href="{here}/new-application"' in page


def test_the_address_can_select_the_application(alices, there, environment):
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
def test_an_invalid_application_is_an_error_at_its_field(alices, there, volume, web, spec, words):
    page = alices.post(f"{there}/attach", spec).text
    assert words in page
    assert 'id="id_appIdRef_error"' in page
    assert not volume.attachments.exists()


@pytest.mark.parametrize("path", ["photos", "/proc/x", "/"])
def test_an_invalid_path_is_an_error_at_its_field(alices, there, volume, web, path):
    page = alices.post(f"{there}/attach", {"appIdRef": web.ref, "mountPath": path}).text
    assert 'id="id_mountPath_error"' in page
    assert f'value="{path}"' in page
    assert not volume.attachments.exists()


def test_a_taken_path_is_an_error_at_its_field(alices, there, make, web):
    other = make("other", mountPath="/data/uploads", attachedAppsRefs=[web.ref])
    page = alices.post(f"{there}/attach", {"appIdRef": web.ref}).text
    assert "/data/uploads is taken in web" in page
    assert Attachment.objects.get().volume == other


def test_attaching_twice_is_refused(alices, there, volume, mount, web):
    page = alices.post(f"{there}/attach", {"appIdRef": web.ref}).text
    assert "web mounts this volume already." in page
    assert volume.attachments.count() == 1


def test_detaching_asks_for_confirmation(alices, let_go, mount, volume):
    page = alices.get(let_go).text
    assert "Detach web from uploads" in page
    assert "/data/uploads" in page
    assert volume.attachments.exists()


def test_editor_detaches_an_application(erins, let_go, there, mount, volume):
    response = erins.post(let_go, follow=True)
    assert response.redirect_chain == [(f"{there}/applications", 302)]
    assert "web is detached. The data stays." in response.text
    assert not volume.attachments.exists()
    assert Revision.objects.latest("id").action == "detach"
    assert erins.post(let_go).status_code == 404


def test_viewer_can_only_read(bobs, there, let_go, mount, volume):
    page = bobs.get(f"{there}/applications").text
    assert ">web</th>" in page
    assert "/attach" not in page
    assert "/detach" not in page
    for address in (f"{there}/attach", let_go):
        assert bobs.get(address).status_code == 403
        assert bobs.post(address).status_code == 403
    assert volume.attachments.count() == 1


def test_other_companies_get_404(charlies, there, let_go, mount, volume):
    for address in (f"{there}/attach", let_go):
        assert charlies.get(address).status_code == 404
        assert charlies.post(address).status_code == 404
    assert volume.attachments.count() == 1


def test_attaching_takes_few_queries(
    alices, there, environment, volume, django_assert_max_num_queries
):
    for _ in range(30):
        ApplicationFactory.create(environment=environment)
    with django_assert_max_num_queries(12):
        alices.get(f"{there}/attach")

"""/env/<id>/v/<id>/edit, …/grow, …/protect and …/retry"""

import pytest

from tests.support.words import said, text, value
from volumes.models import Environment, Volume

PAGES = ["edit", "grow", "protect", "retry"]


@pytest.fixture
def typed(volume):
    """What the page of a fresh volume is sent with, when nothing is touched."""
    return {"name": "uploads", "mountPath": "/data/uploads", "labels": "", "version": "1"}


def test_the_form_shows_the_current_values(alices, there, volume, web):
    Volume.objects.update(labels={"tier": "web"}, description="Pictures")
    volume.attachments.create(application=web, mount_path="/data/uploads")
    response = alices.get(f"{there}/edit")
    page = response.content.decode()
    assert value(response, "name") == "uploads"
    assert value(response, "version") == "1"
    assert "tier=web</textarea>" in page
    assert "Pictures</textarea>" in page
    assert f'value="{web.ref}" checked' in page
    assert "'{}'" in text(response)


def test_editor_can_edit(erins, there, typed, web):
    spec = {
        "name": "media",
        "mountPath": "/srv/media",
        "description": "Pictures",
        "labels": "tier: web",
        "protected": "true",
        "applications": [web.ref],
    }
    response = erins.post(f"{there}/edit", typed | spec)
    volume = Volume.objects.get()
    assert response["Location"] == there
    assert (volume.name, volume.mount_path, volume.version) == ("media", "/srv/media", 2)
    assert (volume.description, volume.labels, volume.protected) == (
        "Pictures",
        {"tier": "web"},
        True,
    )
    assert volume.attachments.get().application == web


def test_unticked_applications_are_detached(alices, there, typed, volume, web):
    Volume.objects.update(protected=True)
    volume.attachments.create(application=web, mount_path="/data/uploads")
    alices.post(f"{there}/edit", typed)
    assert not Volume.objects.get().protected
    assert not volume.attachments.exists()


def test_saving_without_changes_raises_no_version(alices, here, there, typed):
    alices.post(f"{there}/edit", typed)
    assert Volume.objects.get().version == 1
    assert "uploads stays as it was." in text(alices.get(here))


def test_a_conflicting_edit_is_refused_and_keeps_the_input(alices, erins, there, typed):
    erins.post(f"{there}/edit", typed | {"description": "Hers"})
    refused = alices.post(f"{there}/edit", typed | {"description": "Mine"})
    words = text(refused)
    assert "It was changed while this page was open. Its version is 2 by now." in words
    assert "erin changed it just now description from none → to Hers" in words
    assert "Mine</textarea>" in refused.content.decode()
    assert Volume.objects.get().description == "Hers"


def test_submitting_a_conflicting_edit_again_overwrites_the_shown_state(
    alices, erins, there, typed
):
    erins.post(f"{there}/edit", typed | {"description": "Hers"})
    refused = alices.post(f"{there}/edit", typed | {"description": "Mine"})
    alices.post(
        f"{there}/edit", typed | {"description": "Mine", "version": value(refused, "version")}
    )
    assert Volume.objects.get().description == "Mine"


def test_the_live_check_keeps_the_version_that_was_read(alices, erins, there, typed):
    erins.post(f"{there}/edit", typed | {"description": "Hers"})
    looked = alices.post(f"{there}/edit", typed | {"check": "yes"})
    assert "It was changed while this page was open." in text(looked)
    assert value(looked, "version") == "1"


def test_errors_are_shown_at_their_fields(alices, there, typed, make):
    make("logs")
    spec = {"name": "logs", "mountPath": "", "applications": ["x"], "version": "one"}
    response = alices.post(f"{there}/edit", typed | spec | {"check": "yes"})
    assert said(response, "name") == (
        "logs is taken in this environment. Free and close: Use logs-2"
    )
    assert said(response, "mountPath") == "Must be an absolute path."
    assert "Must be an identifier" in said(response, "applications")
    assert "Its version must be a whole number." in text(response)


def test_a_similar_valid_path_is_suggested(alices, there, typed):
    response = alices.post(f"{there}/edit", typed | {"mountPath": "srv//media/", "check": "yes"})
    assert said(response, "mountPath") == "Must be an absolute path. Close to it: Use /srv/media"


def test_admin_can_grow(alices, here, there):
    response = alices.post(f"{there}/grow", {"size": "1 GB"})
    assert response["Location"] == there
    assert Volume.objects.get().size == 1024
    assert "Grew uploads to 1 GB." in text(alices.get(here))


def test_the_quota_after_growing_is_shown(alices, there, environment):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=10240)
    response = alices.post(f"{there}/grow", {"size": "1GB", "check": "yes"})
    assert said(response, "size").startswith("1,024 MB. Leaves 9 GB of the quota.")
    assert "Grow to 1 GB" in text(response)
    assert Volume.objects.get().size == 100


@pytest.mark.parametrize(
    ("size", "why"),
    [
        ("99", "Is 100 MB already and can only grow."),
        ("", "Must be a whole number with MB"),
        ("17TB", "Must be at most 16777216 MB."),
    ],
)
def test_a_size_that_is_not_larger_is_an_error_at_the_field(alices, there, size, why):
    assert said(alices.post(f"{there}/grow", {"size": size}), "size").startswith(why)
    assert Volume.objects.get().size == 100


def test_the_largest_possible_size_includes_the_present_one(alices, there, environment):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=500)
    response = alices.post(f"{there}/grow", {"size": "1GB"})
    assert said(response, "size").endswith("What fits: Use 500MB")


@pytest.mark.parametrize(("sent", "is_protected"), [("true", True), ("false", False)])
def test_protecting_twice_is_the_same_as_once(alices, there, sent, is_protected):
    alices.post(f"{there}/protect", {"protected": sent})
    assert alices.post(f"{there}/protect", {"protected": sent})["Location"] == there
    assert Volume.objects.get().protected is is_protected


def test_a_volume_in_error_can_be_retried(alices, here, there, memory):
    memory.fail("grow")
    alices.post(f"{there}/grow", {"size": "200"})
    assert Volume.objects.get().status == "error"
    memory.heal()
    assert alices.post(f"{there}/retry")["Location"] == there
    assert Volume.objects.get().status == "ready"
    assert "Retried uploads. It is ready." in text(alices.get(here))


@pytest.mark.parametrize("page", PAGES)
def test_viewer_is_refused(bobs, there, page):
    assert bobs.post(f"{there}/{page}", {"size": "1GB", "protected": "true"}).status_code == 403
    assert Volume.objects.get().version == 1


@pytest.mark.parametrize("page", PAGES)
def test_other_companies_get_404(charlies, there, page):
    assert charlies.post(f"{there}/{page}", {"size": "1GB"}).status_code == 404
    assert Volume.objects.get().version == 1


@pytest.mark.parametrize("page", ["protect", "retry"])
def test_a_get_changes_nothing(alices, there, page):
    assert alices.get(f"{there}/{page}").status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_a_deleted_volume_is_a_404(alices, there, page):
    Volume.objects.update(is_deleted=True, status="deleted")
    assert alices.post(f"{there}/{page}", {"size": "1GB"}).status_code == 404


def test_the_live_check_takes_few_queries(
    alices, erins, there, typed, web, django_assert_max_num_queries
):
    erins.post(f"{there}/edit", typed | {"description": "Hers"})
    with django_assert_max_num_queries(12):
        alices.post(f"{there}/edit", typed | {"applications": [web.ref], "check": "yes"})
    with django_assert_max_num_queries(12):
        alices.get(f"{there}/edit")

"""/env/<id>/v/<id>/delete and …/undelete"""

import pytest
from django.utils import timezone

from accounts.callers import Caller
from tests.support.words import text
from volumes.models import Application, Snapshot, Volume
from volumes.services.volumes import update_volume
from volumes.specs.volume import VolumeSpec

NAMED = {"name": "uploads"}


@pytest.fixture
def grace(settings):
    settings.VOLUME_DELETE_GRACE = 3600


@pytest.fixture
def mounted(volume, web):
    return volume.attachments.create(application=web, mount_path="/data/uploads")


def test_the_delete_page_shows_what_is_lost(alices, there, snapshot):
    Volume.objects.update(used_size=80, used_size_at=timezone.now())
    words = text(alices.get(f"{there}/delete"))
    assert "80 MB of 100 MB, measured just now" in words
    assert "before-upgrade (just now)" in words
    assert "No application ever" in words
    assert "None. Its data goes at once" in words
    assert Volume.objects.live().exists()


def test_the_delete_page_shows_the_last_application(alices, alice, there, environment, volume, web):
    for ids in ([web.pk], []):
        update_volume(
            environment=environment,
            volume_id=volume.pk,
            spec=VolumeSpec(application_ids=ids),
            actor=Caller(user=alice, token=None, ip=None).actor,
        )
    Application.objects.update(is_deleted=True)
    assert "web, until just now" in text(alices.get(f"{there}/delete"))


@pytest.mark.usefixtures("grace")
def test_the_delete_page_shows_until_when_it_can_be_undone(alices, there):
    assert "its data is kept that long" in text(alices.get(f"{there}/delete"))


def test_typing_the_name_deletes_the_volume(alices, here, there, memory):
    response = alices.post(f"{there}/delete", NAMED)
    assert response["Location"] == here
    assert Volume.objects.get().is_deleted
    assert memory.volumes == {}
    after = alices.get(here)
    assert "Deleted uploads." in text(after)
    assert "undelete" not in after.content.decode()


def test_editor_can_delete(erins, there):
    erins.post(f"{there}/delete", NAMED)
    assert Volume.objects.get().is_deleted


@pytest.mark.parametrize("typed", ["", "upload", "UPLOADS"])
def test_another_text_than_the_name_deletes_nothing(alices, there, typed):
    response = alices.post(f"{there}/delete", {"name": typed})
    assert response.status_code == 200
    assert "aria-invalid" in response.content.decode()
    assert Volume.objects.live().exists()


@pytest.mark.usefixtures("mounted")
def test_an_attached_volume_stays_and_the_page_says_why(alices, there):
    for response in (alices.get(f"{there}/delete"), alices.post(f"{there}/delete", NAMED)):
        assert "It is mounted by web. Detach it first." in text(response)
        assert "button danger" not in response.content.decode()
    assert Volume.objects.live().exists()


def test_a_protected_volume_stays_and_the_page_offers_to_unprotect_it(alices, there):
    Volume.objects.update(protected=True)
    response = alices.post(f"{there}/delete", NAMED)
    assert "It is protected. Take the protection off first." in text(response)
    assert f'action="{there}/protect"' in response.content.decode()
    assert Volume.objects.live().exists()


def test_snapshots_are_deleted_only_when_the_box_is_ticked(alices, there, snapshot):
    assert "And its 1 snapshot" in text(alices.get(f"{there}/delete"))
    refused = alices.post(f"{there}/delete", NAMED)
    assert "It has snapshots: before-upgrade." in text(refused)
    assert Volume.objects.live().exists()
    alices.post(f"{there}/delete", NAMED | {"cascade": "yes"})
    assert Volume.objects.get().is_deleted
    assert not Snapshot.objects.live().exists()


@pytest.mark.usefixtures("mounted")
def test_no_box_is_offered_when_there_are_other_blockers(alices, there, snapshot):
    response = alices.get(f"{there}/delete")
    assert "It has snapshots" not in text(response)
    assert 'name="cascade"' not in response.content.decode()


@pytest.mark.usefixtures("grace")
def test_a_delete_can_be_undone_during_the_grace_period(alices, here, there, volume):
    alices.post(f"{there}/delete", NAMED)
    after = alices.get(here)
    assert "Deleted uploads. Its data is kept until" in text(after)
    assert f'action="{there}/undelete"' in after.content.decode()
    assert alices.post(f"{there}/undelete")["Location"] == there
    volume.refresh_from_db()
    assert (volume.is_deleted, volume.status) == (False, "ready")


def test_a_removed_volume_cannot_be_restored(alices, here, there):
    alices.post(f"{there}/delete", NAMED)
    assert alices.post(f"{there}/undelete")["Location"] == here
    assert "Its data is gone." in text(alices.get(here))
    assert Volume.objects.get().is_deleted


@pytest.mark.parametrize("page", ["delete", "undelete"])
def test_viewer_is_refused(bobs, there, page):
    assert bobs.post(f"{there}/{page}", NAMED).status_code == 403
    assert Volume.objects.live().exists()


@pytest.mark.parametrize("page", ["delete", "undelete"])
def test_other_companies_get_404(charlies, there, page):
    assert charlies.post(f"{there}/{page}", NAMED).status_code == 404
    assert Volume.objects.live().exists()


def test_the_page_takes_few_queries(alices, there, snapshot, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        alices.get(f"{there}/delete")

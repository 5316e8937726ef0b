"""/env/<id>/selected"""

import pytest

from config.errors import Problem
from tests.support.words import text
from volumes.models import Snapshot, Volume


@pytest.fixture
def page(here):
    return f"{here}/selected"


@pytest.fixture
def three(make, web):
    """Three volumes, the last of which is mounted."""
    found = [make("cache"), make("logs"), make("media")]
    found[2].attachments.create(application=web, mount_path="/data/media")
    return found


def spec(verb, volumes, **more):
    return {"do": verb, "volume": [volume.ref for volume in volumes], **more}


def test_the_confirmation_shows_what_happens_to_each_volume(alices, page, three):
    words = text(alices.post(page, spec("delete", three)))
    assert "Delete 2 volumes" in words
    assert "Type 2, their number, to confirm" in words
    assert "media It is mounted by web. Detach it first." in words
    assert Volume.objects.live().count() == 3


def test_typing_their_number_deletes_them(alices, here, page, three):
    response = alices.post(page, spec("delete", three[:2], confirmed="yes", count="2"))
    assert response["Location"] == here
    assert list(Volume.objects.live()) == three[2:]
    assert "Deleted cache, logs." in text(alices.get(here))


@pytest.mark.parametrize("count", ["", "3", "two"])
def test_another_number_deletes_nothing(alices, page, three, count):
    response = alices.post(page, spec("delete", three[:2], confirmed="yes", count=count))
    assert "this is another number. Nothing is deleted." in text(response)
    assert Volume.objects.live().count() == 3


def test_the_confirmation_submits_only_volumes_that_can_be_deleted(alices, page, three):
    sent = alices.post(page, spec("delete", three)).content.decode()
    assert f'name="volume" value="{three[0].ref}"' in sent
    assert f'name="volume" value="{three[2].ref}"' not in sent


def test_a_new_blocker_asks_for_confirmation_again(alices, page, three):
    Volume.objects.filter(name="logs").update(protected=True)
    response = alices.post(page, spec("delete", three[:2], confirmed="yes", count="2"))
    assert "logs It is protected." in text(response)
    assert Volume.objects.live().count() == 3


def test_each_delete_can_be_undone_during_the_grace_period(alices, here, page, three, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.post(page, spec("delete", three[:2], confirmed="yes", count="2"))
    after = alices.get(here).content.decode()
    assert f"/v/{three[0].pk}/undelete" in after
    assert f"/v/{three[1].pk}/undelete" in after


def test_a_single_volume_has_its_own_delete_page(alices, here, page, three):
    response = alices.post(page, spec("delete", three[:1]))
    assert response["Location"] == f"{here}/v/{three[0].pk}/delete"


def test_there_is_no_button_when_none_can_be_deleted(alices, page, make, three):
    Volume.objects.update(protected=True)
    response = alices.post(page, spec("delete", three))
    assert "None of them can be, for these reasons." in text(response)
    assert "button danger" not in response.content.decode()


def test_snapshots_are_taken_once_it_is_confirmed(alices, here, page, three):
    assert "Take 3 snapshots" in text(alices.post(page, spec("snapshot", three)))
    assert not Snapshot.objects.exists()
    alices.post(page, spec("snapshot", three, confirmed="yes"))
    assert Snapshot.objects.filter(status="ready").count() == 3
    assert "Took snapshots of cache, logs, media." in text(alices.get(here))


def test_volumes_with_too_many_snapshots_or_no_data_are_reported(
    alices, page, three, snapshot, settings
):
    settings.VOLUME_MAX_SNAPSHOTS = 1
    Volume.objects.filter(name="logs").update(provisioned_size=None)
    words = text(alices.post(page, spec("snapshot", [*three, snapshot.volume])))
    assert (
        "logs Its data has not been created yet, so there is nothing to take a snapshot of."
        in words
    )
    assert "A volume has at most 1 snapshots." in words


def test_refusals_are_reported_for_each_volume(alices, here, page, three, monkeypatch):
    refuse = Problem("", "wrong_status", "There is nothing to take a snapshot of.")
    monkeypatch.setattr("volumes.rules.snapshots.snapshot_blockers", lambda *_, **__: [refuse])
    alices.post(page, spec("snapshot", three[:1], confirmed="yes"))
    words = text(alices.get(here))
    assert "cache has no new snapshot. There is nothing to take a snapshot of." in words


def test_ids_need_no_prefix_and_invalid_ones_are_ignored(alices, page, three):
    ids = [str(three[0].pk), three[1].ref, "vol-x", "", "\0"]
    words = text(alices.post(page, {"do": "delete", "volume": ids}))
    assert "Delete 2 volumes" in words


def test_an_empty_selection_is_reported(alices, here, page):
    assert alices.post(page, {"do": "delete"})["Location"] == here
    assert "Tick the volumes first." in text(alices.get(here))


def test_unknown_actions_are_refused(alices, page, three):
    assert alices.post(page, spec("shrink", three)).status_code == 404


def test_volumes_of_other_environments_are_ignored(alices, page, three, charlies_environment):
    Volume.objects.filter(name="logs").update(environment=charlies_environment)
    words = text(alices.post(page, spec("snapshot", three)))
    assert "Take 2 snapshots" in words
    assert "logs" not in words


def test_viewer_is_refused(bobs, page, three):
    response = bobs.post(page, spec("delete", three[:2], confirmed="yes", count="2"))
    assert response.status_code == 403
    assert Volume.objects.live().count() == 3


def test_other_companies_get_404(charlies, page, three):
    assert charlies.post(page, spec("delete", three)).status_code == 404


def test_a_get_does_nothing(alices, page):
    assert alices.get(page).status_code == 405


@pytest.mark.parametrize("verb", ["delete", "snapshot"])
def test_many_volumes_are_confirmed_in_few_queries(
    alices, page, make, verb, django_assert_max_num_queries
):
    many = [make(f"volume-{number}") for number in range(12)]
    with django_assert_max_num_queries(12):
        alices.post(page, spec(verb, many))

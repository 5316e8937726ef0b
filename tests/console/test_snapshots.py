"""The snapshots of a volume: the list, taking one, deleting one."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from volumes.models import Snapshot, Volume


@pytest.fixture
def doomed(there, snapshot) -> str:
    """Where the snapshot is deleted."""
    return f"{there}/snapshots/{snapshot.pk}/delete"


def test_the_list_shows_snapshots_with_their_creator(alices, there, snapshot):
    page = alices.get(f"{there}/snapshots").text
    for fact in ("before-upgrade", "Ready", "100 MB", 'data-label="By" title="alice">alice</td>'):
        assert fact in page


def test_the_empty_list_explains_snapshots(alices, there):
    assert "No snapshots yet" in alices.get(f"{there}/snapshots").text


def test_a_ready_snapshot_links_to_a_new_volume(alices, there, here, snapshot):
    page = alices.get(f"{there}/snapshots").text
    assert f'href="{here}/new?restoreFrom={snapshot.ref}"' in page


def test_a_snapshot_that_is_not_ready_has_no_link_to_a_new_volume(alices, there, snapshot):
    Snapshot.objects.update(status="error", status_message="The disk is full.")
    page = alices.get(f"{there}/snapshots").text
    assert "restoreFrom" not in page
    assert "The disk is full." in page


def test_the_list_polls_while_a_snapshot_is_copied(alices, there, snapshot):
    Snapshot.objects.update(status="pending")
    page = alices.get(f"{there}/snapshots").text
    assert "Copying" in page
    assert 'hx-trigger="every 3s"' in page


def test_editor_takes_a_snapshot(erins, there, volume, erin):
    response = erins.post(f"{there}/take-snapshot", {"name": "before-lunch"}, follow=True)
    assert response.redirect_chain == [(f"{there}/snapshots", 302)]
    assert "Took snapshot before-lunch." in response.text
    made = volume.snapshots.get()
    assert (made.name, made.status, made.created_by) == ("before-lunch", "ready", erin.ref)


def test_a_snapshot_needs_no_name(alices, there, volume):
    alices.post(f"{there}/take-snapshot", {"name": ""})
    assert re.fullmatch(r"snapshot-\d{8}-\d{6}", volume.snapshots.get().name)


def test_a_waiting_snapshot_is_not_shown_as_taken(alices, there, memory, volume):
    memory.unmount()
    page = alices.post(f"{there}/take-snapshot", {"name": "hopeful"}, follow=True).text
    assert (
        "Accepted snapshot hopeful. It will be taken when the storage is available again." in page
    )


def test_a_failed_snapshot_is_shown_as_failed(alices, there, memory, volume):
    memory.fail("snapshot")
    page = alices.post(f"{there}/take-snapshot", {"name": "hopeful"}, follow=True).text
    assert "Snapshot hopeful was not taken. It could not be taken: the disk is full" in page
    assert "Not taken" in page
    assert "Restore to a new volume" not in page


@pytest.mark.parametrize("page", ["snapshots", "take-snapshot"])
@pytest.mark.parametrize(
    ("consistency", "words"),
    [("files", "copied file by file while applications may write"), ("instant", "at one moment")],
)
def test_the_page_shows_the_consistency_of_snapshots(
    alices, there, memory, monkeypatch, page, consistency, words
):
    monkeypatch.setattr(memory, "consistency", consistency)
    assert words in alices.get(f"{there}/{page}").text


def test_a_bad_name_is_refused_at_the_field(alices, there, volume):
    response = alices.post(f"{there}/take-snapshot", {"name": "Before Lunch"})
    assert "Must be a DNS label" in response.text
    assert 'value="Before Lunch"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert not volume.snapshots.exists()


def test_a_volume_without_data_offers_no_snapshot(alices, there, volume):
    Volume.objects.update(provisioned_size=None)
    assert "so there is nothing to take a snapshot of." in alices.get(f"{there}/snapshots").text
    for page in (
        alices.get(f"{there}/take-snapshot").text,
        alices.post(f"{there}/take-snapshot", {"name": "void"}).text,
    ):
        assert "Its data has not been created yet" in page
        assert 'name="name"' not in page
    assert not volume.snapshots.exists()


def test_the_limit_is_shown_instead_of_the_form(alices, there, snapshot, settings):
    settings.VOLUME_MAX_SNAPSHOTS = 1
    page = alices.get(f"{there}/snapshots").text
    assert "A volume has at most 1 snapshots." in page
    assert f'action="{there}/take-snapshot"' not in page


def test_deleting_shows_what_is_lost_before_it_happens(alices, doomed, snapshot):
    page = alices.get(doomed).text
    assert "It cannot be brought back." in page
    assert Snapshot.objects.filter(pk=snapshot.pk, is_deleted=False).exists()


def test_editor_deletes_a_snapshot(erins, doomed, there, snapshot):
    response = erins.post(doomed, follow=True)
    assert response.redirect_chain == [(f"{there}/snapshots", 302)]
    assert "Deleted snapshot before-upgrade." in response.text
    assert not Snapshot.objects.exists()
    assert erins.post(doomed).status_code == 404


def test_a_snapshot_that_fills_a_volume_stays(alices, doomed, make, snapshot):
    copy = make("copy")
    Volume.objects.filter(pk=copy.pk).update(restore_from=snapshot, provisioned_size=None)
    response = alices.post(doomed)
    assert "It is being copied into copy." in response.text
    assert Snapshot.objects.get(pk=snapshot.pk).status == "ready"


def test_viewer_can_only_read(bobs, there, doomed, snapshot):
    page = bobs.get(f"{there}/snapshots").text
    assert "before-upgrade" in page
    assert "restoreFrom" not in page
    assert "/delete" not in page
    assert "take-snapshot" not in page
    for address in (f"{there}/take-snapshot", doomed):
        assert bobs.get(address).status_code == 403
        assert bobs.post(address).status_code == 403
    assert Snapshot.objects.filter(status="ready").count() == 1


def test_other_companies_get_404(charlies, there, doomed):
    for address in (f"{there}/take-snapshot", doomed):
        assert charlies.post(address).status_code == 404
    assert Snapshot.objects.filter(status="ready").count() == 1


def test_a_snapshot_of_another_volume_is_a_404(alices, make, here, snapshot):
    other = make("other")
    address = f"{here}/v/{other.pk}/snapshots/{snapshot.pk}/delete"
    assert alices.post(address).status_code == 404


def test_many_snapshots_are_paginated(alices, there, volume, alice):
    Snapshot.objects.bulk_create(
        Snapshot(
            volume=volume,
            environment=volume.environment,
            name=f"s-{n:02}",
            size=1,
            status="ready",
            taken_at=timezone.now(),
            created_by=alice.ref,
        )
        for n in range(60)
    )
    page = alices.get(f"{there}/snapshots")
    assert page.text.count("restoreFrom") == 50
    assert alices.get(f"{there}/snapshots?page=2").text.count("restoreFrom") == 10

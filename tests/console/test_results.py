"""A message after an action says what is true then: its words and its icon are of the row's state."""

import re

import pytest
from django.urls import reverse

from volumes.models import Volume

LATER = "when the storage is available again."
ICONS = {"good": "a check mark", "progress": "a ring", "warning": "a warning", "bad": "an error"}


def notices(page: str) -> list[tuple[str, str]]:
    """Each message of a page with the kind of its icon."""
    found = re.findall(r'<li>\s*<svg class="icon (\w+)".*?<span>(.*?)</span>', page, re.DOTALL)
    return [(kind, words) for kind, words in found if kind in ICONS]


@pytest.fixture
def by_loop(settings) -> None:
    """Steps are left to the loop."""
    settings.RECONCILE_INLINE = False


def create(client, here) -> list[tuple[str, str]]:
    sent = {"name": "fresh", "size": "1GB"}
    return notices(client.post(f"{here}/new", sent, follow=True).text)


def test_created(erins, here, memory):
    assert create(erins, here) == [("good", "Created fresh, 1 GB.")]


def test_creating(erins, here, by_loop):
    assert create(erins, here) == [("progress", "Creating fresh, 1 GB.")]


def test_accepted_while_the_storage_is_away(erins, here, memory):
    memory.unmount()
    message = f"Accepted fresh, 1 GB. It will be created {LATER}"
    assert create(erins, here) == [("warning", message)]


def test_not_created_yet(erins, here, memory):
    memory.fail("create")
    ((kind, words),) = create(erins, here)
    assert kind == "bad"
    assert words.startswith("Accepted fresh, 1 GB. ")
    assert "Created" not in words


def grow(client, there, volume) -> list[tuple[str, str]]:
    sent = {"size": "1GB", "version": volume.version}
    return notices(client.post(f"{there}/grow", sent, follow=True).text)


def test_grown(erins, there, volume):
    assert grow(erins, there, volume) == [("good", "Grew uploads to 1 GB.")]


def test_growing(erins, there, volume, by_loop):
    assert grow(erins, there, volume) == [("progress", "Growing uploads to 1 GB.")]


def test_growth_is_accepted_while_the_storage_is_away(erins, there, volume, memory):
    memory.unmount()
    message = f"Accepted 1 GB for uploads. It will grow {LATER}"
    assert grow(erins, there, volume) == [("warning", message)]


def delete(client, there) -> list[tuple[str, str]]:
    return notices(client.post(f"{there}/delete", {"name": "uploads"}, follow=True).text)


def test_deleted(erins, there):
    assert delete(erins, there) == [("good", "Deleted uploads.")]


def test_deleting(erins, there, by_loop):
    assert delete(erins, there) == [("progress", "Deleting uploads.")]


def test_a_delete_is_accepted_while_the_storage_is_away(erins, there, memory):
    memory.unmount()
    message = f"Accepted the deletion of uploads. The data will be removed {LATER}"
    assert delete(erins, there) == [("warning", message)]


def test_restored(erins, there, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    delete(erins, there)
    found = notices(erins.post(f"{there}/undelete", follow=True).text)
    assert found[-1] == ("good", "Restored uploads.")


def test_an_edit_of_a_volume_in_error_is_not_shown_as_a_success(erins, here, memory):
    memory.fail("create")
    create(erins, here)
    sent = {"name": "renamed", "mountPath": "/x", "version": 1}
    there = f"{here}/v/{Volume.objects.get().pk}"
    ((kind, words),) = notices(erins.post(f"{there}/edit", sent, follow=True).text)
    assert kind == "warning"
    assert words.startswith("Updated renamed. It is in error: ")


def select(client, here, volumes, verb, **more) -> list[tuple[str, str]]:
    sent = {"do": verb, "volume": [one.ref for one in volumes], "confirmed": "yes", **more}
    client.post(reverse("selected_volumes", args=[volumes[0].environment_id]), sent)
    return notices(client.get(here).text)


def test_several_snapshots_while_the_storage_is_away(erins, here, make, memory):
    several = [make("cache"), make("logs")]
    memory.unmount()
    message = f"Accepted snapshots of cache, logs. They will be taken {LATER}"
    assert select(erins, here, several, "snapshot") == [("warning", message)]


def test_several_deletes_while_the_storage_is_away(erins, here, make, memory):
    several = [make("cache"), make("logs")]
    memory.unmount()
    message = f"Accepted the deletion of cache, logs. The data will be removed {LATER}"
    assert select(erins, here, several, "delete", count="2") == [("warning", message)]


def test_a_retry_while_the_storage_is_away(erins, there, volume, memory):
    memory.unmount()
    grow(erins, there, volume)
    found = notices(erins.post(f"{there}/retry", follow=True).text)
    assert [kind for kind, _ in found] == ["warning"]

"""While the storage is unavailable every page says so once, and its rows do not repeat it."""

import pytest

from tests.support.words import text
from volumes.models import StorageState
from volumes.models.base import STORAGE_UNAVAILABLE
from volumes.presentation import storage_state
from volumes.presentation.storage_state import REFRESH_INTERVAL
from volumes.reconciler.availability import record_availability

WORDS = "Storage has been unavailable since"
PATH = "/srv/holdfast is not mounted. Mount it."


@pytest.fixture
def outage(db) -> None:
    record_availability(PATH)


@pytest.mark.parametrize("page", ["", "/new", "/applications", "/settings"])
def test_tenants_see_the_banner_once_without_paths(erins, here, volume, outage, page):
    words = text(erins.get(f"{here}{page}"))
    assert words.count(WORDS) == 1
    assert "Volumes can't be created or grown until it is back." in words
    assert "/srv/holdfast" not in words


def test_there_is_no_banner_while_the_storage_is_available(erins, here, volume, outage):
    record_availability("")
    assert WORDS not in text(erins.get(here))


def test_a_process_that_showed_a_page_shows_the_banner_within_seconds(
    erins, here, volume, monkeypatch
):
    monkeypatch.setattr(storage_state, "monotonic", lambda: 60.0)
    assert WORDS not in text(erins.get(here))
    record_availability(PATH)
    monkeypatch.setattr(storage_state, "monotonic", lambda: 60.0 + REFRESH_INTERVAL)
    assert WORDS in text(erins.get(here))


def test_the_banner_keeps_the_time_of_the_first_failure(outage):
    since = StorageState.objects.get().unavailable_since
    record_availability("Another cause.")
    state = StorageState.objects.get()
    assert (state.unavailable_since, state.detail) == (since, "Another cause.")


@pytest.mark.parametrize("page", ["", "/snapshots"])
def test_rows_do_not_repeat_the_banner(erins, here, memory, volume, page):
    memory.unmount()
    erins.post(f"{here}/v/{volume.pk}/grow", {"size": "1GB"})
    erins.post(f"{here}/v/{volume.pk}/take-snapshot", {"name": "later"})
    volume.refresh_from_db()
    assert volume.waits_for_storage
    for address in (here, f"{here}/v/{volume.pk}{page}", "/"):
        erins.get("/activity")  # which shows the messages
        words = text(erins.get(address))
        assert words.count(WORDS) == 1
        assert STORAGE_UNAVAILABLE not in words


def test_a_page_does_not_call_the_storage(erins, here, memory, volume, outage, monkeypatch):
    monkeypatch.setattr(memory, "check", lambda: pytest.fail("the storage was asked"))
    assert erins.get(here).status_code == 200


def test_anonymous_pages_have_no_banner(client, outage):
    assert WORDS not in text(client.get("/login"))

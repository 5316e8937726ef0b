"""Operators read where the storage is and what to do."""

import pytest

from tests.support.words import text
from volumes.reconciler.availability import record_availability

CAUSE = "/srv/holdfast is not mounted. Mount it."


@pytest.mark.parametrize("page", ["", "volumes/volume/"])
def test_operators_see_path_and_cure_in_the_banner(desk, volume, page):
    record_availability(CAUSE)
    words = text(desk.get(f"/admin/{page}"))
    assert words.count("Storage has been unavailable since") == 1
    assert words.count(CAUSE) == 1


def test_the_result_of_an_action_says_whether_the_storage_has_followed(desk, memory, volume):
    memory.unmount()
    sent = {"_selected_action": str(volume.pk)}
    page = desk.post("/admin/volumes/volume/do/snapshot/", sent, follow=True)
    message = "Accepted: uploads. It will be done when the storage is available again."
    assert message in text(page)
    assert 'class="success"' not in page.text

"""Actions of operators on many volumes: first a confirmation, then the action."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Revision, User
from tests.support.storage import Fallible
from volumes.models import Application, Environment, Snapshot, Volume
from volumes.reconciler.periodic import check_settled

LIST = "/admin/volumes/volume/"


def ask(desk: Client, action: str, *volumes: Volume, query: str = "?deleted=all") -> Any:
    chosen = [str(volume.pk) for volume in volumes]
    return desk.post(f"{LIST}{query}", {"action": action, "_selected_action": chosen})


def do(desk: Client, action: str, *volumes: Volume, **more: str) -> str:
    """What the page says after it is done."""
    chosen = [str(volume.pk) for volume in volumes]
    spec = {"_selected_action": chosen, **more}
    text: str = desk.post(f"{LIST}do/{action}/", spec, follow=True).text
    return text


def test_the_confirmation_lists_what_will_happen_and_does_nothing(
    desk: Client, attached: Volume, make: Callable[..., Volume]
) -> None:
    page = ask(desk, "delete", attached, make("archive"))
    (can,), (cannot,) = page.context["can"], page.context["cannot"]
    assert (can[0].name, cannot[0].name) == ("archive", "uploads")
    assert "is removed at once, for good." in can[1]
    assert "It is mounted by web. Detach it first." in page.text
    assert f'value="{attached.pk}"' not in page.text
    assert 'value="Delete archive"' in page.text
    assert Volume.objects.live().count() == 2


def test_each_action_asks_for_confirmation(desk: Client, volume: Volume) -> None:
    for action in ("retry", "reconcile", "protect", "unprotect", "snapshot", "delete", "restore"):
        assert ask(desk, action, volume).status_code == 200
    volume.refresh_from_db()
    assert volume.version == 1


def test_deleting_volumes_records_the_operator(
    desk: Client, olga: User, volume: Volume, make: Callable[..., Volume]
) -> None:
    assert "Deleted: uploads, archive." in do(desk, "delete", volume, make("archive"))
    assert not Volume.objects.live().exists()
    entries = Revision.objects.filter(action="delete")
    assert {(entry.via, entry.by) for entry in entries} == {("admin", olga.ref)}
    assert len(entries) == 2


def test_a_refused_volume_does_not_stop_the_others(
    desk: Client, attached: Volume, make: Callable[..., Volume]
) -> None:
    page = do(desk, "delete", attached, make("archive"))
    assert "Acme / production / uploads: It is mounted by web. Detach it first." in page
    assert [volume.name for volume in Volume.objects.live()] == ["uploads"]


@pytest.mark.parametrize("name", ["archive"])
def test_a_protected_volume_stays(desk: Client, make: Callable[..., Volume], name: str) -> None:
    volume = make(name, protected=True)
    words = "It is protected. Take the protection off first."
    assert words in ask(desk, "delete", volume).text
    assert words in do(desk, "delete", volume)
    assert Volume.objects.live().exists()


def test_a_volume_with_snapshots_is_deleted_only_with_cascade(
    desk: Client, volume: Volume, snapshot: Snapshot
) -> None:
    assert "It has snapshots: before-upgrade." in ask(desk, "delete", volume).text
    assert "It has snapshots: before-upgrade." in do(desk, "delete", volume)
    assert "and 1 snapshot" in ask(desk, "cascade", volume).text
    assert "Deleted: uploads." in do(desk, "cascade", volume)
    assert not Snapshot.objects.exists()


@pytest.fixture
def replaced(volume: Volume, memory: Fallible) -> Volume:
    """Its data vanished, and an empty directory came in its place."""
    memory.replace(str(volume.pk))
    check_settled(Volume.objects.settled())
    volume.refresh_from_db()
    return volume


def test_an_empty_directory_in_place_of_data_is_accepted(
    desk: Client, olga: User, replaced: Volume
) -> None:
    page = desk.get(f"{LIST}{replaced.pk}/change/").text
    assert "a directory is there again, but it is empty" in page
    assert f"accept_data/?pk={replaced.pk}" in page
    asked = ask(desk, "accept_data", replaced).text
    assert "becomes its data as it is, even if it is empty" in asked
    assert "Data accepted: uploads." in do(desk, "accept_data", replaced)
    replaced.refresh_from_db()
    assert (replaced.status, replaced.version) == ("ready", 1)
    entry = Revision.objects.get(action="accept_data")
    assert (entry.via, entry.by, entry.version) == ("admin", olga.ref, None)


def test_data_that_is_not_missing_is_not_accepted(
    desk: Client, volume: Volume, replaced: Volume, memory: Fallible
) -> None:
    memory.fail("state")
    assert "The disk is full." in do(desk, "accept_data", replaced)
    memory.heal()
    memory.foreign.clear()
    assert "There is no directory" in do(desk, "accept_data", replaced)
    memory.bring_back(str(volume.pk))
    assert "there is nothing to accept" in do(desk, "accept_data", replaced)
    Volume.objects.update(missing_since=None)
    assert "Its data is not missing." in ask(desk, "accept_data", replaced).text
    assert not Revision.objects.filter(action="accept_data").exists()


def test_djangos_bulk_delete_is_not_offered(desk: Client, volume: Volume) -> None:
    page = desk.get(LIST).text
    assert "delete_selected" not in page
    ask(desk, "delete_selected", volume)
    spec = {"action": "delete_selected", "_selected_action": [str(volume.pk)], "post": "yes"}
    desk.post(LIST, spec)
    assert Volume.objects.live().exists()


def test_djangos_delete_page_redirects_to_the_action(desk: Client, attached: Volume) -> None:
    page = desk.post(f"{LIST}{attached.pk}/delete/", {"post": "yes"}, follow=True)
    assert page.redirect_chain[0][0] == f"{LIST}do/delete/?pk={attached.pk}"
    assert "It is mounted by web. Detach it first." in page.text
    assert Volume.objects.live().exists()


def test_volumes_are_protected_and_unprotected(desk: Client, volume: Volume) -> None:
    assert "Protected: uploads." in do(desk, "protect", volume)
    volume.refresh_from_db()
    assert (volume.protected, volume.version) == (True, 2)
    assert "It is protected already." in ask(desk, "protect", volume).text
    do(desk, "unprotect", volume)
    volume.refresh_from_db()
    assert not volume.protected


def test_snapshots_are_taken(desk: Client, volume: Volume, make: Callable[..., Volume]) -> None:
    assert "Snapshot taken: uploads, archive." in do(desk, "snapshot", volume, make("archive"))
    assert set(Snapshot.objects.values_list("status", flat=True)) == {"ready"}
    assert set(Revision.objects.filter(action="snapshot_create").values_list("via")) == {("admin",)}


def test_snapshots_beyond_the_limit_are_refused(
    desk: Client, volume: Volume, snapshot: Snapshot, settings: Any
) -> None:
    settings.VOLUME_MAX_SNAPSHOTS = 1
    assert "A volume has at most 1 snapshots." in ask(desk, "snapshot", volume).text
    assert "A volume has at most 1 snapshots." in do(desk, "snapshot", volume)


def test_a_volume_in_error_is_retried(
    desk: Client, memory: Fallible, make: Callable[..., Volume]
) -> None:
    memory.fail("create")
    volume = make("late")
    assert volume.status == "error"
    assert "So far: The disk is full." in ask(desk, "retry", volume).text
    memory.heal()
    assert "Tried again: late." in do(desk, "retry", volume)
    volume.refresh_from_db()
    assert (volume.status, volume.version) == ("ready", 1)


def test_a_healthy_volume_is_not_retried(desk: Client, volume: Volume) -> None:
    assert "It is ready, not in error." in ask(desk, "retry", volume).text


def test_reconciling_checks_settled_data(desk: Client, memory: Fallible, volume: Volume) -> None:
    assert "looks whether its data is there" in ask(desk, "reconcile", volume).text
    memory.lose(str(volume.pk))
    do(desk, "reconcile", volume)
    volume.refresh_from_db()
    assert volume.missing_since is not None
    memory.bring_back(str(volume.pk))
    assert "Its next step is taken now" in ask(desk, "reconcile", volume).text
    do(desk, "reconcile", volume)
    volume.refresh_from_db()
    assert volume.status == "ready"


def test_a_delete_can_be_undone_during_the_grace_period(
    desk: Client, volume: Volume, settings: Any
) -> None:
    settings.VOLUME_DELETE_GRACE = int(timedelta(days=3).total_seconds())
    assert "goes in 3 days. Until then it can be restored." in ask(desk, "delete", volume).text
    do(desk, "delete", volume)
    assert "Its data is kept until" in ask(desk, "reconcile", volume).text
    assert "It comes back with its data" in ask(desk, "restore", volume).text
    assert "Restored: uploads." in do(desk, "restore", volume)
    assert Volume.objects.live().get().status == "ready"
    assert Revision.objects.get(action="restore").via == "admin"


def test_a_removed_volume_is_not_restored(desk: Client, volume: Volume) -> None:
    assert "It is not deleted." in ask(desk, "restore", volume).text
    do(desk, "delete", volume)
    assert "Its data is gone." in ask(desk, "restore", volume).text
    assert "uploads: Its data is gone." in do(desk, "restore", volume)


def test_a_deleted_volume_is_not_changed(desk: Client, volume: Volume) -> None:
    do(desk, "delete", volume)
    for action in ("retry", "protect", "unprotect", "snapshot", "delete", "cascade"):
        assert ask(desk, action, volume).context["can"] == []
        assert "It is not there any more" in do(desk, action, volume)


def test_an_action_on_the_volumes_page_returns_to_it(desk: Client, volume: Volume) -> None:
    page = desk.get(f"{LIST}do/protect/?pk={volume.pk}")
    assert f'href="{LIST}{volume.pk}/change/"' in page.text
    spec = {"_selected_action": [str(volume.pk)], "one": "1"}
    answer = desk.post(f"{LIST}do/protect/", spec)
    assert answer["Location"] == f"{LIST}{volume.pk}/change/"


def test_an_action_on_a_filtered_list_returns_to_it(desk: Client, volume: Volume) -> None:
    page = ask(desk, "protect", volume, query="?q=upl&deleted=no")
    assert page.context["filters"] == "q=upl&deleted=no"
    spec = {"_selected_action": [str(volume.pk)], "filters": "q=upl&deleted=no"}
    answer = desk.post(f"{LIST}do/protect/", spec)
    assert answer["Location"] == f"{LIST}?q=upl&deleted=no"


def test_an_action_takes_at_most_100_rows(desk: Client, environment: Environment) -> None:
    rows = [Volume(environment=environment, name=f"v{n}", size=1) for n in range(101)]
    Volume.objects.bulk_create(rows)
    spec = {"action": "protect", "_selected_action": [str(rows[0].pk)], "select_across": "1"}
    page = desk.post(LIST, spec, follow=True)
    assert "Choose at most 100 at once." in page.text
    assert not Volume.objects.filter(protected=True).exists()


def test_invalid_ids_cause_no_error(desk: Client, volume: Volume) -> None:
    spec = {"action": "delete", "_selected_action": ["x"]}
    assert "What was chosen is not there." in desk.post(LIST, spec, follow=True).text
    assert desk.post(f"{LIST}do/delete/", {"_selected_action": ["x"]}).status_code == 302
    assert desk.get(f"{LIST}do/delete/", follow=True).status_code == 200
    assert desk.post(f"{LIST}do/nothing/").status_code == 403


def test_100_volumes_are_confirmed_in_few_queries(
    desk: Client,
    environment: Environment,
    web: Application,
    django_assert_max_num_queries: Any,
) -> None:
    rows = [
        Volume(environment=environment, name=f"v{n}", size=1, provisioned_size=1, status="ready")
        for n in range(100)
    ]
    Volume.objects.bulk_create(rows)
    for action in ("delete", "snapshot", "reconcile", "protect"):
        with django_assert_max_num_queries(14):
            ask(desk, action, *rows)

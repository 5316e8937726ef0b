"""The checker, with valid and invalid histories that are written by hand."""

from __future__ import annotations

from typing import Any

from tests.history.stories import GONE, HERE, IT, WEB, Story, entry, made, seen, update

DELETED = seen(2, isDeleted=True)
MOUNTED = entry(2, "attach", attachedAppsRefs=[[], [WEB]])
LET_GO = entry(3, "detach", attachedAppsRefs=[[WEB], []])
BACK = entry(3, "restore", isDeleted=[True, False])


def written(mark: str = "new", **row: Any) -> Story:
    """Created, and its description changed."""
    return Story(made(), update(2, "made", mark), row=seen(2, description=mark, **row)).create()


# Right -----------------------------------------------------------------------


def test_sequential_writes_and_reads_are_valid() -> None:
    story = written().then("get", answer=seen(1)).put("new", 2)
    assert story.then("get", answer=seen(2, description="new")).anomalies() == set()


def test_the_whole_life_of_a_volume_is_valid() -> None:
    gone = entry(4, "delete", isDeleted=[False, True])
    back = entry(5, "restore", isDeleted=[True, False])
    story = Story(made(), MOUNTED, LET_GO, gone, back).create()
    story.then("attach", 201, target=WEB).then("detach", target=WEB).then("delete")
    story.then("get", 404).then("list", answer=[]).then("restore", answer=seen(5))
    assert story.then("list", answer=[seen(5)]).anomalies() == set()


def test_an_unanswered_write_may_have_happened() -> None:
    assert written().put("new", 2, status=0).anomalies() == set()


def test_an_unanswered_write_need_not_have_happened() -> None:
    assert Story(made()).create().put("new", 2, status=0).anomalies() == set()
    assert Story(made()).create().then("delete", 503).anomalies() == set()


def test_a_concurrent_read_may_see_the_old_or_the_new_state() -> None:
    story = written().put("new", 2, began=2, ended=9)
    story.then("get", answer=seen(2, description="new"), began=3, ended=4)
    assert story.then("get", answer=seen(1), began=2.5, ended=5).anomalies() == set()


def test_a_read_may_see_newer_attachments_than_fields() -> None:
    story = Story(made(), MOUNTED, row=seen(2, attachedAppsRefs=[WEB])).create()
    story.then("attach", 201, target=WEB, began=2, ended=9)
    story.then("get", answer=seen(1, attachedAppsRefs=[WEB]), began=3, ended=4)
    assert story.anomalies() == set()


def test_a_repeated_create_that_returns_the_same_volume_is_valid() -> None:
    assert Story(made()).create(0, key="k").create(key="k").create(key="k").anomalies() == set()


def test_a_key_whose_volume_is_deleted_is_refused() -> None:
    story = Story(made(), GONE, row=DELETED).create(key="k").then("delete")
    answer = {"errors": [{"code": "key_reused"}]}
    assert story.create(409, answer, key="k").anomalies() == set()


# The chain -------------------------------------------------------------------


def test_a_version_of_two_changes_is_found() -> None:
    story = Story(
        made(), update(2, "made", "a"), update(2, "made", "b"), row=seen(2, description="b")
    )
    assert {"version_twice", "broken_chain"} <= story.create().put("a", 2).put("b", 2).anomalies()


def test_a_version_without_an_entry_is_found() -> None:
    assert "version_gap" in Story(made(), row=seen(2)).create().anomalies()


def test_a_volume_without_its_creation_is_found() -> None:
    story = Story(update(2, "made", "new"), row=seen(2, description="new")).create()
    assert {"version_gap", "lost_write", "impossible_read"} <= story.put("new", 2).anomalies()


def test_a_change_that_does_not_follow_the_one_before_is_found() -> None:
    story = Story(
        made(), update(2, "made", "a"), update(3, "made", "b"), row=seen(3, description="b")
    )
    assert story.create().put("a", 2).put("b", 3).anomalies() == {"broken_chain"}


def test_a_size_that_shrinks_is_found() -> None:
    assert (
        "shrunk" in Story(made(), entry(2, "update", size=[10, 5]), row=seen(2, size=5)).anomalies()
    )


def test_a_row_that_differs_from_its_history_is_found() -> None:
    assert written(name="other").put("new", 2).anomalies() == {"row_differs"}


def test_a_row_that_differs_from_the_api_is_found() -> None:
    assert Story(made(), rows={IT: {"size": 99}}).create().anomalies() == {"row_differs"}


def test_an_attachment_of_a_deleted_volume_is_found() -> None:
    late = entry(3, "attach", attachedAppsRefs=[[], [WEB]])
    story = Story(made(), GONE, late, row=seen(3, isDeleted=True, attachedAppsRefs=[WEB]))
    assert story.create().then("delete").then("attach", 201, target=WEB).anomalies() == {
        "attached_to_deleted"
    }


def test_a_delete_of_an_attached_volume_is_found() -> None:
    gone = entry(3, "delete", isDeleted=[False, True])
    story = Story(made(), MOUNTED, gone, row=seen(3, isDeleted=True, attachedAppsRefs=[WEB]))
    assert story.create().then("attach", 201, target=WEB).then("delete").anomalies() == {
        "attached_to_deleted"
    }


def test_a_change_of_a_deleted_volume_is_found() -> None:
    row = seen(3, isDeleted=True, description="new")
    story = Story(made(), GONE, update(3, "made", "new"), row=row).create().then("delete")
    assert "changed_after_delete" in story.put("new", 3).anomalies()


# Real time -------------------------------------------------------------------


def test_a_stale_read_after_an_acknowledged_write_is_found() -> None:
    assert written().put("new", 2).then("get", answer=seen(1)).anomalies() == {"stale_read"}
    assert written().put("new", 2).then("list", answer=[seen(1)]).anomalies() == {"stale_read"}


def test_a_read_older_than_an_earlier_read_is_found() -> None:
    story = written().put("new", 2, status=0)
    story.then("get", answer=seen(2, description="new"))
    assert story.then("get", answer=seen(1)).anomalies() == {"stale_read"}


def test_a_stale_read_after_a_write_without_a_version_is_found() -> None:
    story = Story(made(), MOUNTED, row=seen(2, attachedAppsRefs=[WEB])).create()
    story.then("attach", 201, target=WEB)
    assert story.then("get", answer=seen(1)).anomalies() == {"stale_read"}


def test_a_read_of_a_state_that_never_existed_is_found() -> None:
    assert Story(made()).create().then("get", answer=seen(1, size=99)).anomalies() == {
        "impossible_read"
    }


def test_a_response_that_differs_from_the_write_is_found() -> None:
    assert "impossible_read" in written("other").put("new", 2).anomalies()


def test_an_acknowledged_write_without_a_new_version_is_found() -> None:
    story = Story(made(), update(1, "made", "new"), row=seen(1, description="new")).create()
    assert "version_not_raised" in story.put("new", 1).anomalies()


def test_a_write_that_ignores_its_precondition_is_found() -> None:
    story = Story(made(), update(2, "made", "a"), update(3, "a", "b"), row=seen(3, description="b"))
    story.create().put("a", 2)
    assert story.put("b", 3, if_match='"1"').anomalies() == {"precondition_ignored"}
    story.operations.pop()
    assert story.put("b", 3, body={"version": 1}).anomalies() == {"precondition_ignored"}


def test_a_404_for_a_volume_that_was_not_deleted_is_found() -> None:
    assert Story(made()).create().then("get", 404).anomalies() == {"lost_volume"}
    assert Story(made()).create().then("list", answer=[]).anomalies() == {"lost_volume"}


def test_a_deleted_volume_missing_in_the_full_list_is_found() -> None:
    story = Story(made(), GONE, row=DELETED).create().then("delete")
    assert story.then("list_all", answer=[]).anomalies() == {"lost_volume"}


def test_a_volume_that_vanished_with_its_history_is_found() -> None:
    nothing: dict[str, Any] = {"volumes": {}, "histories": {}, "rows": {}}
    assert {"lost_volume", "lost_write"} <= Story(made(), **nothing).create().put(
        "a", 2
    ).anomalies()


def test_a_volume_that_only_the_database_has_is_found() -> None:
    assert "lost_volume" in Story(made(), rows={"vol-2": {}}).create().anomalies()


def test_a_volume_that_is_returned_after_its_delete_is_found() -> None:
    story = Story(made(), GONE, row=DELETED).create().then("delete")
    assert "reappeared" in story.then("get", answer=DELETED).anomalies()
    assert "reappeared" in story.then("list", answer=[DELETED]).anomalies()


def test_a_volume_that_is_shown_undeleted_after_its_delete_is_found() -> None:
    story = Story(made(), GONE, row=DELETED).create().then("delete")
    assert story.then("list_all", answer=[DELETED]).anomalies() == set()
    assert "reappeared" in story.then("list_all", answer=[seen(2)]).anomalies()


def test_a_live_row_after_its_delete_is_found() -> None:
    assert "reappeared" in Story(made(), GONE, row=seen(2)).create().then("delete").anomalies()


# Once ------------------------------------------------------------------------


def test_a_lost_acknowledged_write_is_found() -> None:
    assert "lost_write" in Story(made()).create().put("new", 2).anomalies()
    assert Story(made()).create().then("attach", 201, target=WEB).anomalies() == {"lost_write"}


def test_a_refused_write_that_happened_is_found() -> None:
    assert written().put("new", 2, status=409).anomalies() == {"refused_but_done"}


def test_a_write_that_happened_twice_is_found() -> None:
    back = update(3, "new", "made")
    again = Story(made(), update(2, "made", "new"), back, update(4, "made", "new"))
    again.row = seen(4, description="new")
    assert "doubled_write" in again.create().put("new", 2).anomalies()


def test_an_attachment_that_happened_twice_is_found() -> None:
    again = entry(4, "attach", attachedAppsRefs=[[], [WEB]])
    story = Story(made(), MOUNTED, LET_GO, again, row=seen(4, attachedAppsRefs=[WEB])).create()
    story.then("attach", 201, target=WEB).then("detach", target=WEB)
    assert story.anomalies() == {"doubled_write"}


def test_a_change_without_a_request_is_found() -> None:
    assert written().anomalies() == {"from_nowhere"}
    assert "from_nowhere" in Story(made(), GONE, row=DELETED).create().anomalies()


def test_two_volumes_under_one_key_are_found() -> None:
    story = Story(made()).create(key="k")
    assert "created_twice" in story.create(answer=seen(1, id="vol-2"), key="k").anomalies()


def test_a_create_that_conflicts_with_its_own_volume_is_found() -> None:
    answer = {"errors": [{"code": "name_taken"}]}
    assert Story(made()).create(key="k").create(409, answer, key="k").anomalies() == {
        "key_forgotten"
    }


# The rest --------------------------------------------------------------------


def test_an_exceeded_quota_is_found_wherever_it_shows() -> None:
    usage = {"used": {"storage": 101}}
    assert Story(made()).create().then("usage", answer=usage).anomalies() == {"over_quota"}
    full = {"id": HERE, "quota": 5, "used": 10, "sum": 10}
    assert Story(made(), environments=[full]).create().anomalies() == {"over_quota"}


def test_a_wrong_count_of_a_quota_is_found() -> None:
    wrong = {"id": HERE, "quota": 100, "used": 0, "sum": 10}
    assert Story(made(), environments=[wrong]).create().anomalies() == {"miscounted"}


def test_a_duplicate_name_is_found() -> None:
    story = Story(made()).create()
    assert "name_twice" in story.then("list", answer=[seen(1), seen(1, id="vol-2")]).anomalies()


def snapshots(**more: Any) -> Story:
    taken = entry(None, "snapshot_create", name=[None, "snap"])
    story = Story(made(), taken, **more).create()
    return story.then("snap", 201, {"id": "snap-1"}, body={"name": "snap"})


def test_a_lost_acknowledged_snapshot_is_found() -> None:
    assert snapshots(snapshots=["snap-1"]).anomalies() == set()
    assert snapshots().anomalies() == {"lost_write"}


def test_a_snapshot_that_exists_after_its_delete_is_found() -> None:
    assert snapshots().then("unsnap", target="snap-1").anomalies() == set()
    assert snapshots(snapshots=["snap-1"]).then("unsnap", target="snap-1").anomalies() == {
        "reappeared"
    }


def test_a_failure_of_the_server_is_found() -> None:
    assert Story(made()).create().then("get", 500).anomalies() == {"server_error"}

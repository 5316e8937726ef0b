"""Who did what: a volume's history, and the company's activity."""

import pytest

from accounts.models import Revision
from tests.support.browser import Browser


@pytest.fixture
def history(alices, here):
    """The volume's history, oldest first."""
    return lambda: list(reversed(alices.get(f"{here}/history").json()))


def test_the_entry_of_a_create_has_user_interface_and_address(history, volume, alice):
    (entry,) = history()
    assert entry == {
        "version": 1,
        "action": "create",
        "by": alice.ref,
        "via": "token:test",
        "ip": "127.0.0.1",
        "at": entry["at"],
        "changes": {
            "name": [None, "uploads"],
            "size": [None, 100],
            "mountPath": [None, "/data/uploads"],
            "description": [None, ""],
            "labels": [None, {}],
            "protected": [None, False],
        },
    }


def test_every_accepted_change_is_one_entry_and_one_version(
    alices, here, history, apps, web, worker, settings
):
    settings.VOLUME_DELETE_GRACE = 60
    alices.put(here, {"size": 150, "labels": {"a": "b"}})
    alices.put(here, {"size": 150})
    alices.put(here, {"size": 1})
    alices.post(f"{here}/attachment", {"appIdRef": web.ref})
    alices.delete(f"{here}/attachment/{web.ref}")
    alices.put(here, {"attachedAppsRefs": [worker.ref]})
    alices.delete(f"{apps}/{worker.ref}")
    alices.delete(here)
    alices.post(f"{here}/restore")
    assert [(entry["version"], entry["action"]) for entry in history()] == [
        (1, "create"),
        (2, "update"),
        (3, "attach"),
        (4, "detach"),
        (5, "update"),
        (6, "detach"),
        (7, "delete"),
        (8, "restore"),
    ]


def test_changes_show_old_and_new_values(alices, here, history, web):
    alices.put(here, {"size": 150, "description": "x", "attachedAppsRefs": [web.ref]})
    alices.delete(f"{here}/attachment/{web.ref}")
    changes = [entry["changes"] for entry in history()]
    assert changes[1:] == [
        {"size": [100, 150], "description": ["", "x"], "attachedAppsRefs": [[], [web.ref]]},
        {"attachedAppsRefs": [[web.ref], []]},
    ]


def test_entries_of_snapshots_have_no_version(alices, here, snapshot, history):
    alices.delete(f"{here}/snapshot/{snapshot['id']}")
    assert [(entry["version"], entry["action"]) for entry in history()] == [
        (1, "create"),
        (None, "snapshot_create"),
        (None, "snapshot_delete"),
    ]


def test_a_cascade_is_recorded_for_each_snapshot(alices, here, snapshot, history):
    alices.delete(f"{here}?cascade=true")
    assert [entry["action"] for entry in history()][2:] == ["snapshot_delete", "delete"]


def test_entries_are_newest_first(alices, here):
    alices.put(here, {"description": "x"})
    assert [entry["version"] for entry in alices.get(f"{here}/history").json()] == [2, 1]


def test_entries_distinguish_sessions_from_tokens(here, alice, history):
    Browser(alice).put(here, {"description": "x"})
    assert [entry["via"] for entry in history()] == ["token:test", "session"]


def test_the_address_is_taken_from_the_trusted_proxy(alices, here, history, settings):
    settings.TRUSTED_PROXIES = 1
    alices.put(here, {"description": "x"}, X_Forwarded_For="6.6.6.6, 192.0.2.7")
    assert history()[-1]["ip"] == "192.0.2.7"


def test_forwarded_addresses_are_ignored_without_a_trusted_proxy(alices, here, history):
    alices.put(here, {"description": "x"}, X_Forwarded_For="6.6.6.6")
    assert history()[-1]["ip"] == "127.0.0.1"


def test_the_reconciler_raises_no_version(alices, here, memory, history, volume):
    memory.fail("grow")
    alices.put(here, {"size": 200})
    memory.heal()
    alices.put(here)
    after = alices.get(here).json()
    assert (after["status"], after["version"], len(history())) == ("ready", 2, 2)
    assert after["modifiedAt"] > volume["modifiedAt"]


def test_a_refused_change_is_not_recorded(alices, here, history):
    alices.put(here, {"size": 1})
    alices.delete(here, If_Match='"7"')
    assert len(history()) == 1


def test_the_history_of_a_deleted_volume_is_kept(alices, bobs, here):
    alices.delete(here)
    actions = [entry["action"] for entry in bobs.get(f"{here}/history").json()]
    assert actions == ["delete", "create"]


def test_a_volume_that_never_existed_has_no_history(alices, volumes):
    path = f"{volumes}/vol-00000000-0000-0000-0000-000000000000/history"
    assert alices.get(path).status_code == 404


def test_applications_and_environments_are_in_the_companys_activity(
    alices, alice, apps, environment, company
):
    app = alices.post(apps, {"name": "web"}).json()["id"]
    alices.put(f"{apps}/{app}", {"name": "www"})
    alices.delete(f"{apps}/{app}")
    made = alices.post("/environments", {"name": "staging"}).json()["id"]
    alices.put(f"/environments/{made}", {"resourceQuota": {"storage": 5}})
    alices.delete(f"/environments/{made}")
    activity = Revision.objects.filter(company=company).order_by("id")
    found = activity.values_list("subject", "action", "version", "by", "changes")
    assert list(found) == [
        ("application", "create", 1, alice.ref, {"name": [None, "web"]}),
        ("application", "update", 2, alice.ref, {"name": ["web", "www"]}),
        ("application", "delete", 3, alice.ref, {"isDeleted": [False, True]}),
        ("environment", "create", 1, alice.ref, {"name": [None, "staging"]}),
        ("environment", "update", 2, alice.ref, {"resourceQuota.storage": [None, 5]}),
        ("environment", "delete", 3, alice.ref, {"isDeleted": [False, True]}),
    ]

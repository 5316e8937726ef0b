"""remove_unused_volumes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Revision
from tests.factories import EnvironmentFactory
from volumes.models import Volume
from volumes.services import cleanup

REMOVE = "remove_unused_volumes"


@pytest.fixture
def idle(row):
    """The volume, unused for ten days."""
    Volume.objects.update(detached_at=timezone.now() - timedelta(days=10))
    return row


def test_volumes_unused_for_that_long_are_removed_with_their_data(run, idle, memory):
    outcome = run(REMOVE, "--unattached-for", "7", "--no-input")
    idle.refresh_from_db()
    assert (outcome.code, idle.status, memory.volumes) == (0, "deleted", {})


def test_the_history_names_the_command(run, idle):
    run(REMOVE, "--unattached-for", "7", "--no-input")
    entry = Revision.objects.get(action="delete")
    assert (entry.by, entry.via, entry.ip) == ("system", "command", None)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [(["--dry-run", "--no-input"], ""), ([], "no\n"), ([], ""), (["--json"], "nope\n")],
)
def test_the_command_only_lists_without_confirmation(run, idle, arguments, stdin):
    outcome = run(REMOVE, "--unattached-for", "7", *arguments, stdin=stdin)
    assert (outcome.code, idle.ref in outcome.out) == (0, True)
    assert Volume.objects.live().count() == 1


def test_a_shorter_time_is_not_long_enough(run, idle):
    assert run(REMOVE, "--unattached-for", "11", "--no-input").code == 0
    assert Volume.objects.live().count() == 1


def test_a_protected_volume_is_never_removed(run, idle, alices, here):
    alices.put(here, {"protected": True})
    outcome = run(REMOVE, "--unattached-for", "0", "--no-input", "--json")
    assert (outcome.code, outcome.json["found"]) == (0, [])
    assert Volume.objects.live().count() == 1


def test_a_volume_with_snapshots_is_never_removed(run, idle, snapshot):
    outcome = run(REMOVE, "--unattached-for", "0", "--no-input", "--json")
    assert (outcome.code, outcome.json["found"]) == (0, [])
    assert Volume.objects.live().count() == 1


def test_an_attached_volume_is_in_use(run, idle, attached):
    outcome = run(REMOVE, "--unattached-for", "0", "--no-input", "--json")
    assert (outcome.code, outcome.json["found"]) == (0, [])


@pytest.mark.parametrize("way", ["detach", "put", "application"])
def test_the_time_counts_from_the_last_detach(run, idle, alices, here, apps, attached, web, way):
    ways = {
        "detach": lambda: alices.delete(f"{here}/attachment/{web.ref}"),
        "put": lambda: alices.put(here, {"attachedAppsRefs": []}),
        "application": lambda: alices.delete(f"{apps}/{web.ref}"),
    }
    ways[way]()
    assert run(REMOVE, "--unattached-for", "7", "--json", "--dry-run").json["found"] == []
    assert len(run(REMOVE, "--unattached-for", "0", "--json", "--dry-run").json["found"]) == 1


def test_an_environment_can_be_chosen(run, idle, company):
    other = EnvironmentFactory.create(company=company)
    chosen = ["--unattached-for", "0", "--no-input", "--json", "--environment"]
    assert run(REMOVE, *chosen, str(other.pk)).json["found"] == []
    assert len(run(REMOVE, *chosen, str(idle.environment_id)).json["removed"]) == 1


@pytest.fixture
def meanwhile(monkeypatch):
    """`meanwhile(do)` does it between the list and the removal."""
    removing = cleanup.delete_unused

    def set_up(do):
        monkeypatch.setattr(cleanup, "delete_unused", lambda *given: (do(), removing(*given))[1])

    return set_up


def test_a_volume_attached_meanwhile_stays(run, idle, alices, here, web, meanwhile):
    meanwhile(lambda: alices.post(f"{here}/attachment", {"appIdRef": web.ref}))
    outcome = run(REMOVE, "--unattached-for", "0", "--no-input", "--json")
    assert (outcome.code, outcome.json["removed"]) == (0, [])
    assert Volume.objects.live().count() == 1


def test_a_volume_removed_meanwhile_is_no_failure(run, idle, alices, here, meanwhile):
    meanwhile(lambda: alices.delete(here))
    outcome = run(REMOVE, "--unattached-for", "0", "--no-input", "--json")
    assert (outcome.code, outcome.json["removed"]) == (0, [])


@pytest.mark.parametrize(
    "arguments", [[], ["--unattached-for", "x"], ["--unattached-for", "1", "--environment", "x"]]
)
def test_wrong_usage_exits_with_2(run, db, arguments):
    assert run(REMOVE, *arguments).code == 2

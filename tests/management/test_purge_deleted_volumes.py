"""purge_deleted_volumes."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Revision, Token
from tests.factories import give_token
from volumes.models import Application, Environment, Volume

PURGE = "purge_deleted_volumes"


@pytest.fixture
def gone(alices, here, row, memory):
    """The volume, deleted 31 days ago."""
    alices.delete(here)
    Volume.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    return row


def test_nothing_to_do_is_a_success(run, volume):
    outcome = run(PURGE, "--no-input")
    assert (outcome.code, outcome.out) == (
        0,
        "No deleted volumes, applications and environments to remove.\n",
    )
    assert Volume.objects.count() == 1


def test_old_deleted_rows_are_removed_and_the_history_stays(run, gone):
    outcome = run(PURGE, "--no-input")
    assert outcome.code == 0
    assert gone.ref in outcome.out
    assert not Volume.objects.exists()
    assert Revision.objects.filter(subject_id=str(gone.pk)).count() == 2


@pytest.mark.parametrize(("days", "left"), [("32", 1), ("30", 0), ("0", 0)])
def test_older_than_is_the_minimum_age(run, gone, days, left):
    assert run(PURGE, "--no-input", "--older-than", days).code == 0
    assert Volume.objects.count() == left


def test_the_default_age_is_30_days(run, gone):
    Volume.objects.update(deleted_at=timezone.now() - timedelta(days=29))
    run(PURGE, "--no-input")
    assert Volume.objects.count() == 1


@pytest.mark.parametrize("answer", ["", "no\n", "n\n", "ye\n", "\n"])
def test_nothing_is_removed_without_confirmation(run, gone, answer):
    outcome = run(PURGE, stdin=answer)
    assert (outcome.code, Volume.objects.count()) == (0, 1)
    assert "Nothing was removed" in outcome.err


@pytest.mark.parametrize("answer", ["yes\n", "y\n", "YES\n", " yes \n"])
def test_confirming_on_standard_input_does_it(run, gone, answer):
    assert run(PURGE, stdin=answer).code == 0
    assert not Volume.objects.exists()


def test_a_dry_run_only_shows(run, gone):
    outcome = run(PURGE, "--dry-run", "--no-input")
    assert gone.ref in outcome.out
    assert Volume.objects.count() == 1


def test_json_output_has_the_same_facts(run, gone):
    shown = run(PURGE, "--json", "--dry-run").json
    assert [row["id"] for row in shown["found"]] == [gone.ref]
    assert shown["removed"] == []
    assert run(PURGE, "--json", "--no-input").json["removed"] == shown["found"]
    assert run(PURGE, "--json", "--no-input").json["found"] == []


def test_the_prompt_is_not_in_the_json(run, gone):
    assert run(PURGE, "--json", stdin="yes\n").json["removed"]


def test_a_volume_in_its_grace_is_removed_with_its_data(run, alices, here, row, memory, settings):
    settings.VOLUME_DELETE_GRACE = 365 * 86400
    alices.delete(here)
    assert run(PURGE, "--no-input", "--older-than", "0").code == 0
    assert (Volume.objects.count(), memory.volumes) == (0, {})


def test_its_quota_is_free_again(run, alices, here, environment, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.delete(here)
    run(PURGE, "--no-input", "--older-than", "0")
    environment.refresh_from_db()
    assert environment.storage_used == environment.company.storage_used == 0


def test_data_that_cannot_be_removed_keeps_its_row_and_fails(run, alices, here, memory):
    memory.fail("delete")
    alices.delete(here)
    outcome = run(PURGE, "--no-input", "--older-than", "0", "--json")
    assert (outcome.code, len(outcome.json["failed"])) == (1, 1)
    assert Volume.objects.get().status == "error"


def test_a_leased_row_is_skipped_without_a_failure(run, alices, here, memory):
    memory.fail("delete")
    alices.delete(here)
    lease = timezone.now() + timedelta(minutes=1)
    Volume.objects.update(lease_owner=uuid.uuid4(), lease_until=lease)
    outcome = run(PURGE, "--no-input", "--older-than", "0")
    assert (outcome.code, Volume.objects.count()) == (0, 1)


@pytest.mark.parametrize("days", ["-1", "x", "1.5", "1_0", "99999999999999999999", "\u0663"])
def test_wrong_usage_exits_with_2(run, db, days):
    assert run(PURGE, "--older-than", days).code == 2


@pytest.fixture
def gone_environment(gone, alices, environment, web, apps):
    """The environment with an application, deleted 31 days ago with its volume."""
    alices.delete(f"/environments/{environment.pk}")
    for model in (Application, Environment):
        model.objects.update(modified_at=timezone.now() - timedelta(days=31))
    return environment


def test_deleted_applications_and_environments_are_removed_like_volumes(
    run, gone, gone_environment, web, environment
):
    outcome = run(PURGE, "--no-input", "--json")
    ids = [gone.ref, web.ref, str(environment.pk)]
    assert (outcome.code, [row["id"] for row in outcome.json["removed"]]) == (0, ids)
    assert not any(model.objects.exists() for model in (Volume, Application, Environment))
    assert run("verify").code == 0


def test_live_and_recently_deleted_applications_stay(run, alices, apps, web, worker):
    Application.objects.update(modified_at=timezone.now() - timedelta(days=31))
    alices.delete(f"{apps}/{web.pk}")
    assert run(PURGE, "--no-input").code == 0
    assert Application.objects.count() == 2
    Application.objects.update(modified_at=timezone.now() - timedelta(days=31))
    assert run(PURGE, "--no-input").code == 0
    assert list(Application.objects.all()) == [worker]


def test_an_environment_stays_while_its_volumes_do(run, gone_environment, memory):
    Volume.objects.update(deleted_at=timezone.now() - timedelta(days=29))
    assert run(PURGE, "--no-input", "--json").json["removed"][0]["name"] == "web"
    assert Environment.objects.exists()


def test_an_environment_stays_while_data_of_a_volume_cannot_be_removed(
    run, gone_environment, memory
):
    Volume.objects.update(status="error", provisioned_size=100, due_at=timezone.now())
    memory.fail("delete")
    outcome = run(PURGE, "--no-input", "--json")
    assert (outcome.code, [row["name"] for row in outcome.json["failed"]]) == (1, ["uploads"])
    assert Environment.objects.exists()


def test_tokens_of_a_purged_environment_are_revoked(run, alice, environment, gone_environment):
    give_token(alice, environment_id=environment.pk)
    give_token(alice)
    run(PURGE, "--no-input")
    revoked = Token.objects.exclude(revoked_at=None)
    assert [token.environment_id for token in revoked] == [environment.pk]
    assert Revision.objects.filter(subject="token", action="revoke", by="system").count() == 1

"""A clean-up refuses to remove under other settings than those that the server runs with."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.utils import timezone

from volumes.management.cleanup import CleanupCommand
from volumes.models import ServerPolicy, Volume
from volumes.services.policy import record_policy

CLEANUPS = {
    "purge_deleted_volumes": (),
    "remove_unused_volumes": ("--unattached-for", "0"),
    "remove_orphaned_data": (),
    "prune_history": ("--older-than", "0"),
    "erase_person": ("alice",),
    "remove_company": ("Acme", "--with-volumes"),
}
NAMES = sorted(set(CLEANUPS) & set(get_commands()))


@pytest.fixture
def unused(row: Volume) -> Volume:
    """A volume that no application has used for a day."""
    Volume.objects.update(detached_at=timezone.now() - timedelta(days=1))
    return row


def test_the_table_has_every_cleanup_command() -> None:
    ours = [name for name, app in get_commands().items() if app in {"accounts", "volumes"}]
    commands = {name: load_command_class(get_commands()[name], name) for name in ours}
    assert {n for n, command in commands.items() if isinstance(command, CleanupCommand)} == {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_different_grace_is_refused_and_both_are_named(run, settings, unused, name) -> None:
    settings.VOLUME_DELETE_GRACE = 604800
    record_policy()
    settings.VOLUME_DELETE_GRACE = 5
    outcome = run(name, *CLEANUPS[name], "--no-input")
    assert outcome.code == 1
    assert "VOLUME_DELETE_GRACE=5," in outcome.err
    assert "VOLUME_DELETE_GRACE=604800." in outcome.err
    assert "HOLDFAST_CONFIG" in outcome.err
    unused.refresh_from_db()
    assert not unused.is_deleted
    assert run(name, *CLEANUPS[name], "--dry-run").code == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_command_runs_with_the_same_settings(run, settings, unused, name) -> None:
    settings.VOLUME_DELETE_GRACE = 604800
    record_policy()
    assert run(name, *CLEANUPS[name], "--no-input").code == 0


def test_the_grace_of_the_newest_server_counts(run, settings, unused) -> None:
    for grace in (604800, 60):
        settings.VOLUME_DELETE_GRACE = grace
        record_policy()
    outcome = run("remove_unused_volumes", "--unattached-for", "0", "--no-input", "--json")
    assert [row["id"] for row in json.loads(outcome.out)["removed"]] == [unused.ref]
    assert ServerPolicy.objects.get().delete_grace == 60


def test_another_storage_root_is_named_without_its_links(
    run, settings, unused, tmp_path: Path
) -> None:
    storage_root = tmp_path / "volumes"
    settings.STORAGE_ROOT = storage_root
    record_policy()
    (tmp_path / "link").symlink_to(storage_root)
    settings.STORAGE_ROOT = tmp_path / "link"
    assert run("purge_deleted_volumes", "--no-input").code == 0
    settings.STORAGE_ROOT = tmp_path / "elsewhere"
    outcome = run("purge_deleted_volumes", "--no-input")
    assert outcome.code == 1
    assert f"STORAGE_ROOT={tmp_path}/elsewhere," in outcome.err
    assert f"STORAGE_ROOT={storage_root}." in outcome.err


def test_another_backend_is_named(run, settings, db) -> None:
    record_policy()
    ServerPolicy.objects.update(storage_backend="btrfs")
    outcome = run("purge_deleted_volumes", "--no-input")
    assert (outcome.code, "STORAGE_BACKEND=btrfs." in outcome.err) == (1, True)


def test_a_copy_of_the_database_elsewhere_is_another_installation(run, db) -> None:
    record_policy()
    ServerPolicy.objects.update(database="/backup/holdfast.sqlite3")
    outcome = run("purge_deleted_volumes", "--no-input")
    assert outcome.code == 1
    assert "database=/backup/holdfast.sqlite3." in outcome.err


def test_before_the_first_server_nothing_is_refused(run, settings, unused) -> None:
    settings.VOLUME_DELETE_GRACE = 5
    assert run("remove_unused_volumes", "--unattached-for", "0", "--no-input").code == 0
    unused.refresh_from_db()
    assert unused.is_deleted

"""Commands stop before they touch a database that is older or newer than the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from config.commands import CheckedCommand
from tests.support.installation import Installation, installed

OURS = sorted(name for name, app in get_commands().items() if app in {"accounts", "volumes"})
ARGUMENTS = {
    "reset_login": ("alice",),
    "create_token": ("--username", "alice", "--name", "x"),
    "bootstrap": ("--company", "Other", "--environment", "other", "--username", "bob"),
    "serve": ("--bind", "127.0.0.1:1"),
    "remove_unused_volumes": ("--unattached-for", "0", "--no-input"),
}
SOME = [*ARGUMENTS, "verify", "reconcile", "measure_usage", "init_storage", "remove_orphaned_data"]
MIGRATING = {"bootstrap", "quickstart", "restore"}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory):
    with installed(tmp_path_factory.mktemp("installation")) as found:
        yield found


@pytest.fixture
def newer(installation: Installation):
    """An installation whose database a later version has migrated."""
    columns = "(app, name, applied) VALUES ('volumes', '9999_later', '2026-01-01')"
    installation.meddle(f"INSERT INTO django_migrations {columns}")
    yield installation
    installation.meddle("DELETE FROM django_migrations WHERE name = '9999_later'")


@pytest.fixture
def older(installation: Installation):
    """An installation whose database lacks a migration."""
    installation.meddle("UPDATE django_migrations SET app = '-' WHERE name = '0013_storage_state'")
    installation.meddle("DELETE FROM django_migrations WHERE app = '-'")
    yield installation
    columns = "(app, name, applied) VALUES ('volumes', '0013_storage_state', '2026-01-01')"
    installation.meddle(f"INSERT INTO django_migrations {columns}")


@pytest.mark.parametrize("name", OURS)
def test_every_command_checks_the_database_first(name: str) -> None:
    assert isinstance(load_command_class(get_commands()[name], name), CheckedCommand)


@pytest.mark.parametrize("name", OURS)
def test_only_commands_that_migrate_accept_an_older_database(name: str) -> None:
    command: Any = load_command_class(get_commands()[name], name)
    assert command.applies_migrations == (name in MIGRATING)


@pytest.mark.parametrize("name", SOME)
def test_a_newer_database_stops_the_command_with_one_line(newer: Installation, name: str) -> None:
    done = newer.run(name, *ARGUMENTS.get(name, ()))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "CommandError: The database is newer than this code, which does not know volumes.9999_later:"
        " install the version that migrated the database, or restore the backup from before the"
        " upgrade."
    ]
    assert newer.rows("SELECT count(*) FROM accounts_user") == [(1,)]


def test_a_newer_database_stops_migrate_and_quickstart(newer: Installation) -> None:
    for name in ("migrate", "quickstart"):
        done = newer.run(name)
        assert done.returncode == 1
        assert done.stderr.startswith("CommandError: The database is newer than this code")


@pytest.mark.parametrize("name", sorted({*SOME} - MIGRATING))
def test_an_older_database_stops_the_command_with_one_line(older: Installation, name: str) -> None:
    done = older.run(name, *ARGUMENTS.get(name, ()))
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "CommandError: The database lacks the migrations volumes.0013_storage_state"
    )
    assert line.endswith("Run: manage.py migrate")


def test_a_database_that_does_not_answer_is_one_line(installation: Installation) -> None:
    done = installation.run("verify", DATABASE_URL="postgres://holdfast@127.0.0.1:1/holdfast")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("CommandError: The database does not answer: ")


def test_a_file_that_is_no_database_is_one_line(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "holdfast.sqlite3").write_text("something else entirely, and long enough\n" * 100)
    done = installation.run("verify", DATABASE_URL=f"sqlite:///{tmp_path}/holdfast.sqlite3")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "file is not a database" in line

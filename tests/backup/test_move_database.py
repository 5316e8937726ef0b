"""move_database: from the database that the suite runs on to the other kind, and back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.documents import DOCS, fenced
from tests.support.installation import (
    ROOT,
    BareInstallation,
    Installation,
    Process,
    installed,
    uninstalled,
)
from tests.support.needs import needs
from tests.support.postgres import PrivatePostgres, installed_binaries
from tests.support.server import serving

pytestmark = needs(installed_binaries() is not None, "needs PostgreSQL")

PASSWORD = "do-not-print-me"
CONTENT = """SELECT name, size, version, labels IS NULL, created_at IS NULL, is_deleted, protected
    FROM volumes_volume ORDER BY name"""
HISTORY = "SELECT subject_name, action, version, rank FROM accounts_revision ORDER BY id"
SECRETS = "SELECT username, password, credentials_version FROM accounts_user ORDER BY username"
COUNTS = {
    table: f"SELECT count(*) FROM {table}"
    for table in ("accounts_token", "volumes_environment", "otp_totp_totpdevice", "auth_permission")
}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a server, with a password that nobody asks for."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    home = Path(tempfile.mkdtemp(prefix="holdfast-move-"))
    home.chmod(0o755)
    server = PrivatePostgres(home / "postgres")
    try:
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(home)


@pytest.fixture
def other_url(postgres: str, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the kind that the suite does not run on."""
    if os.environ.get("DATABASE_URL"):
        yield f"sqlite:///{tmp_path / 'other' / 'holdfast.sqlite3'}"
        return
    name = f"move_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    parts = urlsplit(postgres)
    host = f"{parts.username}:{PASSWORD}@{parts.hostname}:{parts.port}"
    yield parts._replace(netloc=host, path=f"/{name}").geturl()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def other(other_url: str, tmp_path: Path, moved: Installation) -> BareInstallation:
    """The same installation on the other database."""
    (tmp_path / "other").mkdir()
    storage = str(moved.storage_root)
    return BareInstallation(tmp_path / "other", other_url, STORAGE_ROOT=storage)


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[Installation]:
    """An installation that does not run, with volumes, a snapshot and a history."""
    with installed(tmp_path / "moved") as installation:
        with serving(installation) as server:
            environment = server.environment()
            application = server.application(environment)
            volume = server.volume(environment, "data", labels={"tier": "gold"})
            body = {"appIdRef": application.rpartition("/")[2]}
            assert server.wire().post(f"{volume}/attachment", body).status == 201
            server.snapshot(volume)
            deleted = server.volume(environment, "deleted")
            assert server.wire().delete(deleted).status == 200
            server.terminate()
        yield installation


def assert_same(one: BareInstallation, two: BareInstallation) -> None:
    for sql in (CONTENT, HISTORY, SECRETS, *COUNTS.values()):
        assert [tuple(map(_plain, row)) for row in one.rows(sql)] == [
            tuple(map(_plain, row)) for row in two.rows(sql)
        ]


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def test_everything_moves_there_and_back(
    moved: Installation, other: BareInstallation, tmp_path: Path
) -> None:
    done = moved.run("move_database", "--to", other.database_url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ten invariants" in done.stdout or "must hold" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    assert_same(moved, other)
    with uninstalled(tmp_path / "back", STORAGE_ROOT=str(moved.storage_root)) as back:
        done = other.run("move_database", "--to", back.database_url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert_same(moved, back)


def test_documented_command_moves_everything(moved: Installation, other: BareInstallation) -> None:
    command = fenced(DOCS / "operating.md", "move")
    documented = "postgres://holdfast@db/holdfast"
    command = command.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["bash", "-euc", command.replace(documented, other.database_url)],
        cwd=ROOT,
        env=moved.environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert "Set DATABASE_URL" in done.stdout
    assert_same(moved, other)


def test_ids_of_removed_accounts_are_not_given_again(
    moved: Installation, other: BareInstallation
) -> None:
    moved.bootstrap("Acme", "production", "bob")
    (bob,) = moved.rows("SELECT id FROM accounts_user WHERE username = 'bob'")
    remove = "from accounts.models import User; User.objects.filter(username='bob').delete()"
    assert moved.run("shell", "-v0", "-c", remove).returncode == 0
    assert moved.run("move_database", "--to", other.database_url).returncode == 0
    other.bootstrap("Acme", "production", "carol")
    assert other.rows("SELECT id FROM accounts_user WHERE username = 'carol'") > [bob]


def test_target_with_content_is_refused_and_stays(
    moved: Installation, other: BareInstallation
) -> None:
    other.bootstrap("Other", "production", "zoe")
    done = moved.run("move_database", "--to", other.database_url)
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert other.rows("SELECT username FROM accounts_user") == [("zoe",)]


def test_running_server_is_refused(moved: Installation, other: BareInstallation) -> None:
    with serving(moved) as server:
        done = moved.run("move_database", "--to", other.database_url)
        server.terminate()
    assert (done.returncode, "stop it first" in done.stderr) == (1, True)


def test_empty_installation_has_nothing_to_move(
    moved: Installation, other: BareInstallation, tmp_path: Path
) -> None:
    with uninstalled(tmp_path / "empty") as empty:
        assert empty.run("migrate").returncode == 0
        done = empty.run("move_database", "--to", other.database_url)
    assert (done.returncode, "nothing to move" in done.stderr) == (1, True)


@pytest.mark.parametrize("url", ["mysql://u:do-not-print-me@h/n", "no url", ""])
def test_bad_url_is_wrong_usage_and_not_printed(moved: Installation, url: str) -> None:
    done = moved.run("move_database", "--to", url)
    assert done.returncode == 2
    assert PASSWORD not in done.stderr


def test_unreachable_target_is_one_line_without_the_password(moved: Installation) -> None:
    url = f"postgres://u:{PASSWORD}@127.0.0.1:1/n"
    done = moved.run("move_database", "--to", url)
    assert done.returncode == 1
    assert PASSWORD not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_killed_move_can_be_repeated(moved: Installation, other: BareInstallation) -> None:
    """Killed later and later, until one gets through. What is left is empty or complete."""
    for delay in range(1, 60):
        process = moved.start("move_database", "--to", other.database_url)
        if _ends_within(process, delay * 0.7):
            break
        process.kill()
        process.wait()
    done = moved.run("move_database", "--to", other.database_url)
    assert "not empty" in done.stderr
    assert_same(moved, other)


def _ends_within(process: Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return process.poll() is not None

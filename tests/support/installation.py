"""A whole installation of Holdfast for one test: its data, its database and its processes."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg

from tests.support.acknowledged import AcknowledgedChanges

Kind = TypeVar("Kind", bound="BareInstallation")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds within which everything settles, as the contract promises."""

LONGEST = 300.0
"""Seconds for a process to start or to end on a busy machine."""

SETTINGS = (
    *("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL", "TRUSTED_PROXIES", "METRICS_TOKEN"),
    "API_RATE_LIMIT",
    *("STORAGE_BACKEND", "STORAGE_ROOT", "STORAGE_LIMITS", "STORAGE_OVERCOMMIT"),
    *("RECONCILE_INLINE", "MEASURE_EVERY"),
    *("SNAPSHOT_WAIT", "PURGE_AFTER", "HISTORY_KEEP"),
    *("DATA_DIR", "DATABASE_URL", "HOLDFAST_SERVER_PID", "PROMETHEUS_MULTIPROC_DIR"),
    "HOLDFAST_STATIC_ROOT",
)

Process = subprocess.Popen[bytes]


class BareInstallation:
    """Settings, a place and a database that nothing has been done with yet."""

    def __init__(self, home: Path, database_url: str, **settings: str) -> None:
        self.home = home
        self.database_url = database_url
        self.storage_root = Path(settings.get("STORAGE_ROOT", home / "volumes"))
        self.log = home / "log"
        kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        # Clients of tests send more requests than the default limit allows.
        ours = {"DATA_DIR": str(home), "DATABASE_URL": database_url, "API_RATE_LIMIT": ""}
        self.environ = {**kept, **ours, **settings}
        self.started: list[Process] = []

    def bootstrap(self, company: str, environment: str, username: str, *more: str) -> Any:
        names = ("--company", company, "--environment", environment, "--username", username)
        done = self.run("bootstrap", *names, *more, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(
        self, *arguments: str, given: str | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command and return its result."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environ, **settings},
            input=given,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )

    def start(self, *arguments: str, **settings: str) -> Process:
        """Start a command in its own session. It is killed with the installation at the latest."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env={**self.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def close(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return rows from the database, without using Holdfast."""
        with closing(self._connection(patience=20)) as connection:
            found: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return found

    def meddle(self, sql: str) -> None:
        """Change the database without using Holdfast."""
        with closing(self._connection(patience=20)) as connection:
            connection.execute(sql)
            connection.commit()

    @contextmanager
    def meddling(self, sql: str) -> Iterator[None]:
        """Do the same, but commit at the end of the block. Its rows are locked until then."""
        with closing(self._connection(patience=20)) as connection:
            connection.execute(sql)
            yield
            connection.commit()

    def is_writable(self) -> bool:
        """Whether no process, frozen or dead, holds a lock that prevents writing. Changes nothing."""
        try:
            with closing(self._connection(patience=0.1)) as connection:
                connection.execute("UPDATE volumes_installation SET number = number")
        except (sqlite3.OperationalError, psycopg.errors.LockNotAvailable):
            return False
        return True

    def _connection(self, patience: float) -> Any:
        """Connect to the database. Statements wait for a lock for `patience` seconds."""
        if self.database_url.startswith("sqlite"):
            return sqlite3.connect(self.home / "holdfast.sqlite3", timeout=patience)
        return psycopg.connect(
            self.database_url, options=f"-c lock_timeout={round(patience * 1000)}"
        )

    def ids(self, sql: str) -> set[str]:
        """Return the ids of the first column, in the form of directory names."""
        return {str(uuid.UUID(str(first))) for first, *_ in self.rows(sql)}

    def backings(self) -> set[str]:
        """Return the ids of the volumes that have data in the storage."""
        return {path.parent.name for path in self.storage_root.glob("[!.]*/data")}

    def empty_storage(self) -> None:
        """Move all data out of the storage.

        It is moved and not removed: for minutes after a removal, ext4 skips the inode of each removed
        directory when it creates a new one, which would distort measurements.
        """
        outside = Path(tempfile.mkdtemp(prefix="made-", dir=self.home))
        for made in self.storage_root.glob("[!.]*"):
            with suppress(FileNotFoundError):  # the reconcile loop may remove it at the same time
                made.rename(outside / made.name)

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


class Installation(BareInstallation):
    """An installation, bootstrapped with a company, an environment and a token."""

    def __init__(self, home: Path, database_url: str, **settings: str) -> None:
        super().__init__(home, database_url, **settings)
        self.acknowledged = AcknowledgedChanges()
        self.witnesses: dict[Path, bytes] = {}
        """Files in volumes that no test changes, with their content."""
        self.identity = self.bootstrap("Acme", "production", "alice")
        self.token: str = self.identity["token"]


def eventually(holds: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until the condition holds. Fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.05)


_numbers = itertools.count(1)


@contextmanager
def new_database(home: Path) -> Iterator[str]:
    """Create an empty database of the kind that the suite runs on. Yield its URL."""
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        yield f"sqlite:///{home / 'holdfast.sqlite3'}"
        return
    name = f"races_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def installed(home: Path, **settings: str) -> Iterator[Installation]:
    """Create an installation with its own database. Its processes end with the block."""
    with _with_database(Installation, home, settings) as installation:
        yield installation


@contextmanager
def uninstalled(home: Path, **settings: str) -> Iterator[BareInstallation]:
    """Create settings and an empty database, and nothing else. Processes end with the block."""
    with _with_database(BareInstallation, home, settings) as installation:
        yield installation


@contextmanager
def _with_database(kind: type[Kind], home: Path, settings: dict[str, str]) -> Iterator[Kind]:
    home.mkdir(parents=True, exist_ok=True)
    with new_database(home) as url:
        installation = kind(home, url, **settings)
        try:
            yield installation
        finally:
            installation.close()

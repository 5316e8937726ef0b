"""A pytest plugin: the database that the suite runs on, private to the run.

`pytest` uses a SQLite file, `pytest --database=postgresql` a PostgreSQL of its own, made from whatever
the machine has: installed binaries, else the wheel that carries one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresMissing, PrivatePostgres

IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    # Before the settings are read; workers of a parallel run find the environment made already.
    if not IS_WORKER:
        _prepare(early_config)
    return (yield)


def _prepare(config: pytest.Config) -> None:
    home = Path(tempfile.mkdtemp(prefix="holdfast-tests-"))
    home.chmod(0o755)
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for name in ("PUBLIC_URL", "ALLOWED_HOSTS", "DEBUG", "STORAGE_BACKEND", "STORAGE_ROOT"):
        os.environ.pop(name, None)
    os.environ["DATA_DIR"] = str(home / "data")
    os.environ["HOLDFAST_CONFIG"] = ""
    os.environ["SECRET_KEY"] = "only-for-tests-" * 4
    # Tests of the limit set their own.
    os.environ["API_RATE_LIMIT"] = ""
    os.environ.pop("DATABASE_URL", None)
    if config.known_args_namespace.database == "postgresql":
        try:
            server = PrivatePostgres(home / "postgres")
        except PostgresMissing as missing:
            if os.environ.get("CI") == "true":
                raise pytest.UsageError(f"CI needs PostgreSQL: {missing}") from missing
            print(f"SKIPPED the suite on PostgreSQL: {missing}")
            pytest.exit("no PostgreSQL on this machine", returncode=0)
        config.add_cleanup(server.stop)
        os.environ["DATABASE_URL"] = server.url


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    from config import data_dir

    data_dir.prepare()
    database = settings.DATABASES["default"]
    if "sqlite3" in database["ENGINE"]:
        # A file: databases in memory ignore WAL and cannot be shared with other processes.
        database.setdefault("TEST", {})["NAME"] = str(Path(os.environ["DATA_DIR"]) / "test.sqlite3")
        # A lost power supply does not matter here; waiting for the disk would.
        database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

"""PostgreSQL refuses: no free connection, statement timeout, deadlock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import psycopg
import pytest

from tests.infrastructure_failures.helpers import (
    ask,
    is_ready,
    is_refusal_of_the_moment,
    is_unready,
)
from tests.support.installation import Installation, eventually, installed
from tests.support.invariants import must_hold
from tests.support.server import serving

LEASED = "SELECT id FROM volumes_snapshot WHERE lease_until IS NOT NULL"


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("refused")) as installation:
        yield installation


@contextmanager
def session(installation: Installation) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's, who forgets to commit."""
    with psycopg.connect(installation.database_url) as connection:
        yield connection
        connection.rollback()


def test_exhausted_connections_are_a_503_until_one_is_free(installation: Installation) -> None:
    role = f"role_of_{database(installation)}"
    installation.meddle(f"CREATE ROLE {role} LOGIN")
    installation.meddle(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    installation.meddle(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}")
    url = installation.database_url.replace("postgres@", f"{role}@")
    with serving(installation, DATABASE_URL=url) as server:
        environment = server.environment()
        volume = server.volume(environment)
        installation.meddle(f"ALTER ROLE {role} CONNECTION LIMIT 0")
        sessions = (
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
        )
        assert installation.rows(sessions)
        answers = [
            ask(server, "GET", volume),
            ask(server, "POST", f"{environment}/volume", {"name": "meanwhile", "size": 10}),
            ask(server, "GET", "/readyz"),
        ]
        installation.meddle(f"ALTER ROLE {role} CONNECTION LIMIT -1")
        assert all(map(is_refusal_of_the_moment, answers[:-1]))
        assert is_unready(answers[-1])
        eventually(lambda: ask(server, "GET", volume).status == 200, 10)
        server.volume(environment, "after")
        must_hold(installation)


def test_a_statement_timeout_is_a_503_and_changes_nothing(
    installation: Installation,
) -> None:
    installation.meddle(f"ALTER DATABASE {database(installation)} SET statement_timeout = '1s'")
    with serving(installation) as server:
        environment = server.environment()
        volume = server.volume(environment)
        with session(installation) as other:
            other.execute("SELECT 1 FROM volumes_environment FOR UPDATE")
            refused = ask(server, "POST", f"{environment}/volume", {"name": "spec", "size": 10})
            read = ask(server, "GET", volume)
        assert is_refusal_of_the_moment(refused)
        assert read.status == 200
        assert len(server.wire().get(f"{environment}/volume").body) == 1
        assert (
            ask(server, "POST", f"{environment}/volume", {"name": "spec", "size": 10}).status == 201
        )
        must_hold(installation)


def test_a_step_whose_result_cannot_be_written_is_repeated(
    installation: Installation,
) -> None:
    installation.meddle(f"ALTER DATABASE {database(installation)} SET statement_timeout = '1s'")
    with serving(installation) as server:
        volume = server.volume(server.environment())
        for number in range(3000):
            (installation.storage_root / volume[-36:] / "data" / str(number)).touch()
        with session(installation) as other:
            copying = Thread(target=ask, args=(server, "POST", f"{volume}/snapshot", {}))
            copying.start()
            eventually(lambda: installation.rows(LEASED), 10)
            other.execute("SELECT 1 FROM volumes_snapshot FOR UPDATE")
            copying.join()
            (taken,) = server.wire().get(f"{volume}/snapshot").body
            assert taken["status"] == "pending"
        eventually(lambda: is_ready(server, f"{volume}/snapshot/{taken['id']}"))
        must_hold(installation)


def test_the_victim_of_a_deadlock_gets_503_and_others_go_on(
    installation: Installation,
) -> None:
    with serving(installation) as server:
        environment = server.environment()
        volume = server.volume(environment)
        with session(installation) as other:
            # The other way round than everybody else: first the volume, then its environment.
            other.execute("SET deadlock_timeout = '1min'")  # so that it is the server who finds out
            other.execute("SELECT 1 FROM volumes_volume FOR UPDATE")
            heard: list[Any] = []
            growing = Thread(target=lambda: heard.append(ask(server, "PUT", volume, {"size": 20})))
            growing.start()
            eventually(lambda: blocked(installation), 10)
            other.execute("SELECT 1 FROM volumes_environment FOR UPDATE")
            growing.join()
        (answer,) = heard
        assert is_refusal_of_the_moment(answer)
        assert server.wire().get(volume).body["size"] == 10
        assert ask(server, "PUT", volume, {"size": 20}).body["provisionedSize"] == 20
        must_hold(installation)


def database(installation: Installation) -> str:
    return installation.database_url.rpartition("/")[2]


def blocked(installation: Installation) -> list[tuple[Any, ...]]:
    """Sessions that wait for a lock in this database."""
    return installation.rows(
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )

"""PostgreSQL is stopped and started under a server and a reconciler, idle and in the middle of steps."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure_failures.helpers import ask, is_refusal_of_the_moment, is_unready, on
from tests.races.helpers import LEASED, end, freeze_at_work, reconciler, spec
from tests.support.installation import eventually
from tests.support.invariants import must_hold
from tests.support.needs import needs
from tests.support.postgres import PrivatePostgres, installed_binaries, restartable
from tests.support.server import Server, serving

pytestmark = needs(installed_binaries() is not None, "the wheel's PostgreSQL cannot be restarted")

MODES = ["fast", "immediate"]
"""As an upgrade ends it, and as a crash does."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    with restartable() as postgres:
        yield postgres


@pytest.fixture(scope="module")
def server(postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("away")
    with on(postgres, home) as installation, serving(installation) as server:
        yield server


@pytest.mark.parametrize("mode", MODES)
def test_an_idle_server_survives_an_outage_of_the_database(
    server: Server, postgres: PrivatePostgres, mode: str
) -> None:
    environment = server.environment()
    volume = server.volume(environment, "before")
    postgres.stop(mode)
    postgres.start()
    # Every worker keeps connections whose other end is gone: none of them may be heard of.
    answers = [server.wire().get(volume).status for _ in range(10)]
    answers += [ask(server, "PUT", volume, {"size": 11 + n}).status for n in range(10)]
    assert answers == [200] * 20
    must_hold(server.installation)


def test_every_interface_answers_503_without_the_database(
    server: Server, postgres: PrivatePostgres
) -> None:
    environment = server.environment()
    volume = server.volume(environment)
    asked = [
        ("GET", volume, None),
        ("PUT", volume, {"size": 20}),
        ("DELETE", volume, None),
        ("POST", f"{environment}/volume", {"name": "meanwhile", "size": 10}),
        ("GET", "/environments", None),
        ("GET", "/readyz", None),
    ]
    postgres.stop("fast")
    began = time.monotonic()
    answers = [ask(server, *one) for one in asked[:1]]
    took = time.monotonic() - began
    answers += [ask(server, *one) for one in asked[1:]]
    page = server.wire().get("/", Cookie=f"sessionid={'x' * 32}")
    up = server.wire().get("/healthz")
    postgres.start()
    assert all(map(is_refusal_of_the_moment, answers[:-1]))
    assert is_unready(answers[-1])
    assert took < 9  # seconds: it waits for a connection once, five at most
    assert (page.status, page.headers["retry-after"]) == (503, "5")
    assert "The database does not answer" in page.body
    assert up.status == 200
    eventually(lambda: server.wire().get(volume).status == 200, 10)
    (left,) = server.wire().get(f"{environment}/volume").body
    assert (left["size"], left["version"], left["isDeleted"]) == (10, 1, False)
    must_hold(server.installation)


@pytest.mark.parametrize("mode", MODES)
def test_a_reconciler_continues_after_a_restart_of_the_database(tmp_path: Path, mode: str) -> None:
    with restartable() as postgres, on(postgres, tmp_path, RECONCILE_INLINE="false") as idle:
        spec(idle, "wished", 400)
        process = reconciler(idle)
        freeze_at_work(idle, process)
        postgres.stop(mode)
        postgres.start()
        assert idle.rows(LEASED)
        process.send_signal(signal.SIGCONT)
        must_hold(idle)
        assert end(process) == 0


COMMANDS = [
    ["reconcile"],
    ["verify"],
    ["create_token", "--username", "alice", "--name", "meanwhile"],
    ["migrate"],
    ["serve", "--bind", "127.0.0.1:1"],
]


def test_every_command_reports_the_outage_in_one_line(
    server: Server, postgres: PrivatePostgres
) -> None:
    postgres.stop()
    heard = [server.installation.run(*command) for command in COMMANDS]
    postgres.start()
    for done in heard:
        assert done.returncode == 1
        *logged, said = done.stderr.splitlines()
        assert said.startswith("CommandError: The database does not answer: ")
        assert all(line.startswith("{") for line in logged)

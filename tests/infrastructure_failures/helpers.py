"""Helpers of the tests of failing infrastructure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.infrastructure_failures.disk import Disk
from tests.support.installation import Installation
from tests.support.postgres import PrivatePostgres
from tests.support.server import Server
from tests.support.wire import Answer, Request


def ask(server: Server, method: str, path: str, body: Any = None) -> Answer:
    """Asked on a connection of its own; what is acknowledged must be true in the end."""
    request = Request(method, path, body)
    answer = server.wire().send(request)
    server.installation.acknowledged.record([request], [answer])
    return answer


def assert_it_only_reads(server: Server, disk: Disk, volume: str, **spec: str) -> None:
    """While the database's disk is full: what was written before it was so is kept, nothing else."""
    environment = volume.partition("/volume")[0]
    disk.fill()
    creates = [
        ask(server, "POST", f"{environment}/volume", {**spec, "name": f"create-{n}", "size": 10})
        for n in range(100)
    ]
    reads = [ask(server, "GET", volume).status for _ in range(10)]
    disk.free()
    refused = [answer for answer in creates if answer.status != 201]
    assert refused
    assert all(map(is_refusal_of_the_moment, refused))
    assert reads == [200] * 10


def is_unready(answer: Answer) -> bool:
    """/readyz without its database, unauthenticated."""
    return (
        answer.status == 503
        and answer.headers["retry-after"] == "5"
        and set(answer.body) == {"status", "checks"}
        and answer.body["checks"]["database"] == "unavailable"
    )


def is_refusal_of_the_moment(answer: Answer) -> bool:
    """503 as the contract words it: nothing was done, and when to ask again."""
    return (
        answer.status == 503
        and answer.headers["retry-after"] == "5"
        and set(answer.body) == {"code", "message", "details", "requestId"}
        and answer.body["code"] == "UNAVAILABLE"
    )


def state(server: Server, path: str) -> tuple[str, str]:
    """Status and reason of a volume or snapshot, as the API tells them."""
    body = server.wire().get(path).body
    return body["status"], body["statusMessage"]


def is_ready(server: Server, path: str) -> bool:
    return state(server, path) == ("ready", "")


def findings(installation: Installation, *arguments: str) -> dict[str, Any]:
    """What `verify` does not call all right, by the name of the invariant."""
    done = installation.run("verify", "--json", *arguments)
    checks = json.loads(done.stdout)["checks"]
    return {check["name"]: check for check in checks if check["result"] != "ok"}


@contextmanager
def on(postgres: PrivatePostgres, home: Path, **settings: str) -> Iterator[Installation]:
    """An installation on a PostgreSQL of this test's own."""
    installation = Installation(home, postgres.url, **settings)
    try:
        yield installation
    finally:
        installation.close()

"""Very many clients, and workers that are replaced meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.installation import Installation, eventually
from tests.support.needs import needs
from tests.support.server import Server

MIGRATION = Path("/proc/sys/net/ipv4/tcp_migrate_req")

EACH = 4
"""Requests of one client, one after the other on one connection."""


@pytest.mark.parametrize("clients", [64, 512])
def test_many_clients_are_answered(server: Server, clients: int) -> None:
    environment = server.environment()
    volume = server.volume(environment)

    def asked(number: int) -> list[tuple[str, str, str]]:
        return [
            ("GET", volume, ""),
            creating(environment, f"v-{number}"),
            ("GET", f"{environment}/volume", ""),
            ("GET", volume, ""),
        ]

    answers = asyncio.run(crowded(server, clients, asked))
    assert answers == Counter({"200": clients * (EACH - 1), "201": clients})
    listed = server.wire().get(f"{environment}/volume?limit=1000").body
    assert len(listed) == clients + 1


@pytest.fixture
def handing_over() -> Iterator[None]:
    """As `docs/operating.md` advises: connections that wait at a worker that ends go to another."""
    before = MIGRATION.read_text()
    MIGRATION.write_text("1")
    yield
    MIGRATION.write_text(before)


@needs(os.access(MIGRATION, os.W_OK), "only root may set net.ipv4.tcp_migrate_req")
def test_a_reload_replaces_the_workers_and_no_request_is_lost(
    server: Server, handing_over: None
) -> None:
    volume = server.volume(server.environment())
    old = set(server.workers())
    over = False

    def ask() -> Iterator[int]:
        while not over:
            yield server.wire().get(volume).status

    def ask_on_one_connection() -> Iterator[int]:
        wire = server.wire()
        while not over:
            yield wire.get(volume).status

    with ThreadPoolExecutor(4) as pool:
        asking = [
            pool.submit(Counter, asked())
            for asked in (ask, ask, ask_on_one_connection, ask_on_one_connection)
        ]
        os.kill(server.pid, signal.SIGHUP)
        eventually(lambda: len(server.workers()) == 2 and not old & set(server.workers()), 60)
        over = True
    answers = sum((one.result() for one in asking), Counter[int]())
    assert set(answers) == {200}


@pytest.fixture
def small_server(installation: Installation) -> Iterator[Server]:
    """A server with one worker."""
    server = Server(installation, workers=1)
    server.start()
    yield server
    server.terminate()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process; let it go on afterwards, also if the test fails."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_worker_is_replaced_only_once_the_new_one_serves(small_server: Server) -> None:
    server = small_server
    (old,) = server.workers()
    os.kill(server.pid, signal.SIGHUP)
    eventually(lambda: len(server.workers()) == 2)
    (new,) = set(server.workers()) - {old}
    with stopped(new):
        time.sleep(5)
        assert server.wire().get("/healthz").status == 200
        assert old in server.workers()
    eventually(lambda: server.workers() == [new])
    assert server.wire().get("/healthz").status == 200


def test_many_clients_create_all_their_volumes(server: Server) -> None:
    environment = server.environment()

    def asked(number: int) -> list[tuple[str, str, str]]:
        return [creating(environment, f"v-{number}-{time}") for time in range(2)]

    answers = asyncio.run(crowded(server, 256, asked))
    assert answers == Counter({"201": 512})
    listed = server.wire().get(f"{environment}/volume?limit=1000").body
    assert Counter(volume["status"] for volume in listed) == {"ready": 512}


def creating(environment: str, name: str) -> tuple[str, str, str]:
    return "POST", f"{environment}/volume", f'{{"name": "{name}", "size": 1}}'


async def crowded(
    server: Server, clients: int, asked: Callable[[int], list[tuple[str, str, str]]]
) -> Counter[str]:
    """What so many clients hear who all ask at the same time, each for what is said for its number."""

    async def one(number: int) -> list[str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        token = server.installation.token
        heard = [await said(reader, writer, token, *each) for each in asked(number)]
        writer.close()
        return heard

    found = await asyncio.gather(*map(one, range(clients)))
    return Counter(status for heard in found for status in heard)


async def said(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    token: str,
    method: str,
    path: str,
    body: str,
) -> str:
    """The status of one answer, which is read to its end."""
    writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *headers = head.splitlines()
    lengths = [
        line.partition(":")[2] for line in headers if line.lower().startswith("content-length")
    ]
    await reader.readexactly(int(lengths[0]))
    return status.split()[1]

"""Exports of a long activity: they are streamed, delay nobody, and run one at a time for each person."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from tests.benchmarks.services.browser import session_cookie
from tests.support.hostile import memory, seconds_of_healthz
from tests.support.installation import Installation, eventually
from tests.support.server import Server, kill
from tests.support.wire import Request, Wire

ENTRIES = 60_000
MEMORY = 300  # MB
COPIES = """
from accounts.models import Revision
from uuid_utils.compat import uuid7
one = Revision.objects.filter(subject="token", company__isnull=False).first()
def copies(count):
    for _ in range(count):
        one.pk = uuid7()
        yield Revision(**{{
            field.attname: getattr(one, field.attname) for field in Revision._meta.concrete_fields
        }})
for _ in range({count} // 5000):
    Revision.objects.bulk_create(copies(5000))
"""


@pytest.fixture(scope="module")
def cookie(installation: Installation, server: Server) -> str:
    """The session cookie of a person whose company has a long activity."""
    done = installation.run("shell", "--verbosity", "0", "-c", COPIES.format(count=ENTRIES))
    assert done.returncode == 0, done.stderr
    return session_cookie(server.port, installation.identity)


def begun(server: Server, cookie: str) -> socket.socket:
    """Start a download and do not read it, as soon as the person may start one."""
    opened: list[socket.socket] = []

    def is_admitted() -> bool:
        opened.append(_asking(server, cookie))
        return opened[-1].recv(15) == b"HTTP/1.1 200 OK"

    eventually(is_admitted, 20)
    for refused in opened[:-1]:
        refused.close()
    return opened[-1]


def _asking(server: Server, cookie: str) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)
    client.connect(("127.0.0.1", server.port))
    head = f"GET /activity.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    client.sendall(head.encode())
    return client


def status(server: Server, cookie: str) -> int:
    """Return the status of a further download, which is read completely."""
    wire = Wire(server.port, "")
    answer = wire.send(Request("HEAD", "/activity.csv", None, {"Cookie": cookie}))
    return answer.status


def test_exports_start_at_once_and_delay_no_other_request(server: Server, cookie: str) -> None:
    with closing(begun(server, cookie)):
        assert seconds_of_healthz(server) < 1
        assert server.wire().get("/environments").status == 200
        assert memory(server) < MEMORY
    eventually(lambda: status(server, cookie) == 200, 20)


def test_exports_of_one_person_run_one_at_a_time_in_all_workers(
    server: Server, cookie: str
) -> None:
    with closing(begun(server, cookie)):
        assert {status(server, cookie) for _ in range(10)} == {429}


def test_an_export_ends_with_its_client(server: Server, cookie: str) -> None:
    with closing(begun(server, cookie)):
        pass
    eventually(lambda: status(server, cookie) == 200, 20)


def test_export_is_possible_once_the_lease_of_a_killed_worker_expires(
    server: Server, cookie: str
) -> None:
    with closing(begun(server, cookie)):
        for worker in server.workers():
            kill(worker)
    eventually(server.is_ready, 30)
    assert status(server, cookie) == 429
    eventually(lambda: status(server, cookie) == 200, 70)

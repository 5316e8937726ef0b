"""The bounds of what an unauthenticated client can occupy in a worker, each tested with twice as much."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from config import limits
from tests.races.test_serve import head, raw
from tests.support.hostile import (
    answers,
    connections,
    memory,
    seconds_of_healthz,
    seconds_until_closed,
)
from tests.support.installation import Installation, eventually
from tests.support.server import Server
from tests.support.wire import Wire

MEMORY = 300  # MB
ASKING = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
LONG_HEADERS = ASKING + b"X: " + b"x" * 70_000
POST = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UNFINISHED = POST + b"Content-Length: 100\r\n\r\na"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
EXPECTING = POST + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
H2C = (
    ASKING + b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
)


@pytest.fixture(scope="module")
def alone(installation: Installation) -> Iterator[Server]:
    """A server with a single worker, so that a delay of the worker delays everybody."""
    server = Server(installation, workers=1)
    server.start()
    yield server
    server.terminate()


def connected(server: Server, data: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    client.sendall(data)
    return client


def answered(server: Server) -> socket.socket:
    """Return a connection on which one request was answered."""
    client = connected(server, ASKING + b"\r\n")
    assert b'{"status": "ok"}' in client.recv(65536)
    return client


# Protocols ------------------------------------------------------------------


def test_http_2_is_refused_without_tls(alone: Server) -> None:
    with connections(alone, 1, PREFACE) as clients:
        assert answers(clients, 5) == {"silence closed": 1}


def test_upgrade_to_http_2_is_ignored(alone: Server) -> None:
    assert raw(alone, H2C) == (200, b'{"status": "ok"}')


def test_http_1_0_is_served(alone: Server) -> None:
    assert raw(alone, b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")[0] == 200


# Deadlines ------------------------------------------------------------------


@pytest.mark.parametrize("beginning", [b"", ASKING], ids=["silent", "in the headers"])
def test_a_connection_without_a_request_is_closed_after_15_seconds(
    alone: Server, beginning: bytes
) -> None:
    with closing(connected(alone, beginning)) as client:
        assert 14 < seconds_until_closed(client, 25) < 20


def test_headers_that_come_byte_by_byte_are_cut_after_15_seconds(alone: Server) -> None:
    with closing(connected(alone, ASKING)) as client, ThreadPoolExecutor(1) as pool:
        closed = pool.submit(seconds_until_closed, client, 30)
        for byte in b"X-Slow: " + b"x" * 40:
            time.sleep(0.5)
            sent = client.send(bytes([byte])) if not closed.done() else 1
            assert sent == 1
        assert 14 < closed.result() < 20


def test_headers_of_a_later_request_are_cut_after_15_seconds_too(alone: Server) -> None:
    with closing(answered(alone)) as client:
        client.sendall(ASKING)
        assert 14 < seconds_until_closed(client, 25) < 20


def test_an_idle_connection_is_kept_longer_than_by_proxies(alone: Server) -> None:
    with closing(answered(alone)) as client:
        time.sleep(66)
        client.sendall(ASKING + b"\r\n")
        assert b"200 OK" in client.recv(65536)


def test_an_idle_connection_is_closed_after_75_seconds(alone: Server) -> None:
    with closing(answered(alone)) as client:
        assert 70 < seconds_until_closed(client, 85) < 80


# Bodies ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "beginning", [UNFINISHED, CHUNKED, EXPECTING], ids=["length", "chunks", "continue"]
)
def test_bodies_beyond_the_share_of_an_address_get_503_and_the_others_408(
    alone: Server, beginning: bytes
) -> None:
    most = limits.MAX_UNFINISHED_BODIES_PER_ADDRESS
    with connections(alone, 2 * most, beginning) as clients:
        assert seconds_of_healthz(alone) < 1
        heard = answers(clients, limits.BODY_TIMEOUT + 6)
        assert heard == {"503 closed": most, "408 closed": most}


def test_a_late_body_of_an_api_request_is_an_error_in_json(alone: Server) -> None:
    path = f"{alone.environment()}/volume"
    with closing(connected(alone, head(alone, path, "Content-Length: 9") + b"{")) as client:
        client.settimeout(limits.BODY_TIMEOUT + 6)
        top, _, body = client.recv(65536).partition(b"\r\n\r\n")
        assert top.startswith(b"HTTP/1.1 408 ")
        assert json.loads(body)["code"] == "REQUEST_TIMEOUT"
        assert client.recv(1) == b""


def test_refused_body_gets_retry_after(alone: Server) -> None:
    most = limits.MAX_UNFINISHED_BODIES_PER_ADDRESS
    with connections(alone, 2 * most, UNFINISHED) as clients:
        refused, *_ = select.select(clients, [], [], 10)[0]
        answer = refused.recv(65536).lower()
        assert answer.startswith(b"http/1.1 503 ")
        assert b"\r\nretry-after: 5\r\n" in answer


def test_unfinished_bodies_leave_half_of_the_threads_free(alone: Server) -> None:
    most = limits.MAX_UNFINISHED_BODIES
    with connections(alone, 2 * most, UNFINISHED, addresses=8) as clients:
        assert seconds_of_healthz(alone) < 1
        heard = answers(clients, 5)
        assert heard == {"503 closed": most, "silence open": most}
    eventually(lambda: _is_served(alone), 10)


def test_another_address_can_send_a_body_meanwhile(alone: Server) -> None:
    most = limits.MAX_UNFINISHED_BODIES_PER_ADDRESS
    with connections(alone, 2 * most, UNFINISHED):
        environment = alone.environment()  # from 127.0.0.1
        assert alone.wire().post(f"{environment}/volume/validate", {}).status == 200


def _is_served(server: Server) -> bool:
    return server.wire().post("/environments", {}).status == 400


# Numbers --------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [b"", ASKING, UNFINISHED, PREFACE, LONG_HEADERS, ASKING + b"\r\n"],
    ids=["silent", "headers", "bodies", "http 2", "long headers", "idle"],
)
def test_twice_the_maximum_of_connections_delays_no_request(alone: Server, data: bytes) -> None:
    with connections(alone, 2 * limits.MAX_CONNECTIONS, data):
        eventually(lambda: seconds_of_healthz(alone) < 1, 5)
        assert [seconds_of_healthz(alone) < 1 for _ in range(10)] == [True] * 10
        assert memory(alone) < MEMORY
    assert alone.wire().get("/environments").status == 200


def test_the_memory_of_long_headers_is_released(alone: Server) -> None:
    time.sleep(8)  # the allocator keeps what earlier tests used for five seconds
    before = memory(alone)
    with connections(alone, limits.MAX_CONNECTIONS // 2, LONG_HEADERS):
        eventually(lambda: memory(alone) > before + 30, 10)
    eventually(lambda: memory(alone) < before + 20, 10)


# Readers --------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(alone: Server) -> str:
    """The path of a page of more than a MB."""
    volume = alone.volume(alone.environment())
    for number in range(100):
        labels = {f"{'a' * 60}{number:03}.{one:02}/{'b' * 60}": "c" * 60 for one in range(32)}
        changes = {"labels": labels, "description": f"{number}" * 200}
        assert alone.wire().put(volume, changes).status == 200
    return f"{volume}/history"


def request(server: Server, path: str) -> bytes:
    return head(server, path).replace(b"POST ", b"GET ", 1)


def test_stalled_readers_are_limited_in_bytes_and_disconnected(alone: Server, page: str) -> None:
    with connections(alone, 200, request(alone, page)) as clients:
        eventually(lambda: _have_received(clients), 60)
        assert seconds_of_healthz(alone) < 1
        assert alone.wire().get("/environments").status == 200
        assert memory(alone) < MEMORY
        time.sleep(limits.READER_TIMEOUT + 3)
        assert alone.wire().get(page).status == 200
        ends = answers(clients, 5)
        assert sum(ends.values()) == ends["200 closed"] + ends["503 closed"]
        assert ends["503 closed"] > 100


def _have_received(clients: list[socket.socket]) -> bool:
    return all(client.recv(1, socket.MSG_PEEK) for client in clients)


def test_a_reader_that_reads_gets_all_of_a_large_page_again_and_again(
    alone: Server, page: str
) -> None:
    lengths = {len(json.dumps(alone.wire().get(page).body)) for _ in range(30)}
    assert len(lengths) == 1
    assert lengths.pop() > 2**20
    assert memory(alone) < MEMORY


def test_a_header_with_an_underscore_does_not_pass_for_the_proxys(
    installation: Installation,
) -> None:
    server = Server(installation, workers=1)
    server.start(TRUSTED_PROXIES="1")
    path = server.environment()
    lines = ("X_Forwarded_For: 192.0.2.66", "Content-Length: 29", "Connection: close")
    body = b'{"name": "app-data","size":1}'
    assert raw(server, head(server, f"{path}/volume", *lines) + body)[0] == 201
    wire = Wire(server.port, installation.token)
    volume = wire.get(f"{path}/volume").body[0]["id"]
    (entry,) = wire.get(f"{path}/volume/{volume}/history").body
    assert entry["ip"] != "192.0.2.66"
    server.terminate()


def test_bodies_that_come_with_their_headers_are_not_unfinished(alone: Server) -> None:
    most = 3 * limits.MAX_UNFINISHED_BODIES_PER_ADDRESS
    whole = POST + b"Content-Type: text/plain\r\nContent-Length: 1\r\nConnection: close\r\n\r\na"
    with connections(alone, most, whole) as clients:
        heard = answers(clients, 60)
        assert sum(heard.values()) == most
        assert not any(answer.startswith(("503", "408", "silence")) for answer in heard)

"""The server process: its start, its end, the loss of workers, and hostile requests."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.installation import Installation, eventually
from tests.support.server import Server, is_alive, kill, serving
from tests.support.wire import Request, Wire


@pytest.fixture
def mortal(installation: Installation) -> Iterator[Server]:
    """A server that a test may end."""
    with serving(installation) as server:
        yield server


def test_sigterm_ends_it_within_seconds_with_exit_code_0_and_without_orphans(
    mortal: Server,
) -> None:
    workers = mortal.workers()
    assert len(workers) == 2
    began = time.monotonic()
    assert mortal.terminate() == 0
    assert time.monotonic() - began < 5
    assert not any(map(is_alive, workers))
    assert mortal.port_is_free()


def test_sigterm_ends_it_although_a_client_never_finishes_its_request(mortal: Server) -> None:
    with closing(slow(mortal, f"{mortal.environment()}/volume")):
        time.sleep(0.3)  # until the request is being read
        assert mortal.terminate(within=9) == 0  # before a container's ten seconds are over


def test_a_request_on_a_connection_that_is_older_than_the_sigterm_is_answered(
    mortal: Server,
) -> None:
    with socket.create_connection(("127.0.0.1", mortal.port), timeout=10) as client:
        time.sleep(0.3)  # until a worker has taken it
        os.kill(mortal.pid, signal.SIGTERM)
        eventually(lambda: not is_accepting(mortal))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = client.recv(65536).lower()
        assert answer.startswith(b"http/1.1 200 ")
        assert b"\r\nconnection: close\r\n" in answer
    assert mortal.process
    assert mortal.process.wait(15) == 0


def is_accepting(server: Server) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


def test_a_signal_to_the_whole_group_ends_it_with_exit_code_0(mortal: Server) -> None:
    assert mortal.process
    # As terminals and some supervisors do. The server has its own process group.
    os.killpg(mortal.pid, signal.SIGINT)
    assert mortal.process.wait(10) == 0


def test_server_replaces_a_killed_worker(server: Server) -> None:
    first, second = server.workers()
    kill(first)
    eventually(lambda: len(set(server.workers()) - {first}) == 2, 15)
    assert second in server.workers()
    # Connections queued at the dead worker are cut off. Later requests are served.
    environment = server.environment()
    answers = [server.wire().get(f"{environment}/volume").status for _ in range(20)]
    assert answers == [200] * 20


def test_next_start_removes_only_the_metrics_of_killed_servers(
    server: Server, mortal: Server
) -> None:
    living, left = counts_in(server), counts_in(mortal)
    mortal.kill()
    assert left.is_dir()
    for path in (living, left):
        os.utime(path, (0, 0))  # long ago, as it were
    mortal.start()
    assert not left.exists()
    assert living.is_dir()
    assert mortal.terminate() == 0


def counts_in(server: Server) -> Path:
    """Return the metrics directory of the server's workers."""
    environ = Path(f"/proc/{server.workers()[0]}/environ").read_bytes().split(b"\0")
    given = dict(one.split(b"=", 1) for one in environ if one)
    return Path(given[b"PROMETHEUS_MULTIPROC_DIR"].decode())


def test_server_survives_workers_that_die_repeatedly(
    server: Server,
) -> None:
    for _ in range(3):
        *_, youngest = server.workers()
        kill(youngest)
        eventually(lambda: len(server.workers()) == 2 and not is_alive(youngest), 15)  # noqa: B023
    eventually(server.is_ready, 15)
    assert len(server.workers()) == 2


def test_number_of_threads_causes_no_warning(server: Server) -> None:
    assert server.workers()
    assert "Python threads" not in server.installation.log.read_text()


def test_a_second_server_does_not_share_the_address_of_the_first(server: Server) -> None:
    bind = f"127.0.0.1:{server.port}"
    done = server.installation.run("serve", "--bind", bind)
    assert done.returncode == 1
    assert done.stderr == f"CommandError: {bind}: Address already in use\n"


def test_address_of_another_machine_stops_the_start_with_one_line(server: Server) -> None:
    done = server.installation.run("serve", "--bind", "192.0.2.1:8000")
    assert done.returncode == 1
    assert done.stderr == "CommandError: 192.0.2.1:8000: Cannot assign requested address\n"


def test_a_database_that_does_not_answer_stops_the_start_with_one_line(server: Server) -> None:
    nowhere = f"sqlite:///{server.installation.home}/missing/holdfast.sqlite3"
    done = server.installation.run("serve", DATABASE_URL=nowhere)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database does not answer")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://localhost/holdfast"),
        ("PUBLIC_URL", "ftp://x"),
        ("PUBLIC_URL", "https://volumes.example.com/below"),
        ("ALLOWED_HOSTS", "https://volumes.example.com"),
        ("VOLUME_MODE", "9"),
        ("VOLUME_UID", "root"),
        ("VOLUME_MAX_SIZE", "0"),
        ("VOLUME_DELETE_GRACE", "-1"),
        ("STORAGE_BACKEND", "btrfs"),
        ("SECRET_KEY", "short"),
        ("RECONCILE_INLINE", "yes"),
        ("MEASURE_EVERY", "hourly"),
        ("TRUSTED_PROXIES", "1.5"),
        ("DATA_DIR", "/dev/null"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line_that_names_it(
    server: Server, name: str, value: str
) -> None:
    done = server.installation.run("serve", **{name: value})
    assert done.returncode not in {0, None}
    assert done.stdout == ""
    assert done.stderr.startswith(f"holdfast: {name} ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("bind", ["8000", "example.com:80", "127.0.0.1:0", "127.0.0.1:65536"])
def test_a_bad_address_stops_the_start_with_one_line(server: Server, bind: str) -> None:
    done = server.installation.run("serve", "--bind", bind)
    assert done.returncode == 2
    assert "--bind" in done.stderr
    assert done.stderr.count("\n") == 1


# Bodies ---------------------------------------------------------------------


def head(server: Server, path: str, *more: str) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {server.installation.token}",
        "Content-Type: application/json",
        *more,
    )
    return "\r\n".join([*lines, "", ""]).encode()


def raw(server: Server, data: bytes) -> tuple[int, bytes]:
    """Send these bytes at once. Return status and body of the response."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(data)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    top, _, body = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), body


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


def slow(server: Server, path: str) -> socket.socket:
    """A client that announces a body and sends only its beginning."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(head(server, path, "Content-Length: 100", "Connection: close") + b"{")
    return connection


CHUNKED = ("Transfer-Encoding: chunked", "Connection: close")


def test_a_body_in_chunks_is_read_like_any_other(server: Server) -> None:
    path = f"{server.environment()}/volume"
    body = json.dumps({"name": "in-chunks", "size": 10}).encode()
    status, answer = raw(server, head(server, path, *CHUNKED) + chunked(body[:5], body[5:]))
    assert (status, json.loads(answer)["name"]) == (201, "in-chunks")


def test_a_body_in_chunks_that_is_too_large_is_413(server: Server) -> None:
    path = f"{server.environment()}/volume"
    parts = [b"x" * 1024] * 65
    status, answer = raw(server, head(server, path, *CHUNKED) + chunked(*parts))
    assert (status, json.loads(answer)["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10 * 1024 * 1024])
def test_client_with_a_too_large_body_receives_413_and_delays_no_other(
    server: Server, size: int
) -> None:
    path = f"{server.environment()}/volume"
    assert server.wire().post(path, "x" * size).status == 413
    assert server.wire().get(path).status == 200


def test_many_slow_bodies_delay_no_other_request(server: Server) -> None:
    path = f"{server.environment()}/volume"
    clients = [slow(server, path) for _ in range(60)]
    time.sleep(0.5)
    began = time.monotonic()
    answers = [server.wire().get(path).status for _ in range(10)]
    took = time.monotonic() - began
    for client in clients:
        client.close()
    assert answers == [200] * 10
    assert took < 3


def test_request_changes_nothing_when_its_body_is_incomplete(server: Server) -> None:
    path = server.volume(server.environment())
    # A snapshot needs no body, so an incomplete body must not be taken for an empty one.
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(
        head(server, f"{path}/snapshot", "Content-Length: 100", "X-Request-ID: gone")
    )
    time.sleep(0.2)
    connection.close()
    eventually(lambda: _lines(server, "gone"), 5)
    assert [line["status"] for line in _lines(server, "gone")] == [400]
    assert server.wire().get(f"{path}/snapshot").body == []


# Logs -----------------------------------------------------------------------


def test_every_log_line_is_json_with_the_request_id(server: Server) -> None:
    name = f"trace-{time.time_ns()}"
    answer = server.wire().get("/environments", X_Request_ID=name)
    assert answer.headers["x-request-id"] == name
    eventually(lambda: _lines(server, name), 5)
    (line,) = _lines(server, name)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/environments", 200)


def test_no_token_ever_gets_into_the_log(server: Server) -> None:
    token = server.installation.token
    mark = f"{time.time_ns()}"
    wire = server.wire()
    for path in (f"/environments?token={token}", f"/{token}/volume", f"/{token}", "/environments"):
        wire.get(path, X_Request_ID=mark)
    Wire(server.port, token + "x").send(Request("GET", f"/api/v1/{token}"))
    eventually(lambda: len(_lines(server, mark)) == 4, 5)
    assert token not in server.installation.log.read_text()
    assert "hfst_" not in server.installation.log.read_text()


def _lines(server: Server, request_id: str) -> list[dict[str, object]]:
    lines = server.installation.log_lines()
    return [line for line in lines if line["requestId"] == request_id]


def test_replaced_workers_keep_the_settings_that_the_server_was_started_with(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "holdfast.env"
    path.write_text("METRICS_TOKEN=the-first-metrics-token\n")
    path.chmod(0o600)
    with serving(installation, HOLDFAST_CONFIG=str(path)) as server:
        before = server.workers()
        path.write_text("METRICS_TOKEN=another-metrics-token\n")
        os.kill(server.pid, signal.SIGHUP)
        eventually(lambda: not set(before) & set(server.workers()), within=120)
        eventually(server.is_ready, within=120)
        wire = Wire(server.port, "the-first-metrics-token")
        assert wire.get("/metrics").status == 200
        environs = [Path(f"/proc/{pid}/environ").read_bytes() for pid in server.workers()]
        assert not any(b"metrics-token" in environ for environ in environs)
        server.terminate()

"""The addresses that a server listens on, and its warnings about them at the start."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from tests.support.installation import Installation, eventually
from tests.support.needs import needs
from tests.support.postgres import free_port
from tests.support.server import kill, serving


def has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe:
        return probe.connect_ex(("::1", 9)) in {0, 111}


@pytest.fixture
def port(installation: Installation) -> Iterator[int]:
    """A server with an IPv6 address for browsers and in `--bind`."""
    port = free_port()
    process = installation.start(
        "serve", "--bind", f"[::1]:{port}", "--workers", "1", PUBLIC_URL=f"http://[::1]:{port}"
    )
    yield port
    process.terminate()
    process.wait(30)


def status(port: int, host: str) -> int:
    connection = http.client.HTTPConnection("::1", port, timeout=30)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return connection.getresponse().status
    except ConnectionRefusedError:
        return 0
    finally:
        connection.close()


@needs(has_ipv6(), "needs IPv6 on the loopback interface")
def test_server_listens_on_ipv6_and_records_ipv6_clients(port: int) -> None:
    eventually(lambda: status(port, f"[::1]:{port}"), within=240)
    assert status(port, f"[::1]:{port}") == 200
    assert status(port, "[::2]") == 400


def test_startup_warnings_are_in_the_log(installation: Installation) -> None:
    bind = f"127.0.0.1:{free_port()}"
    public = "https://volumes.example.com"
    process = installation.start("serve", "--bind", bind, "--workers", "1", PUBLIC_URL=public)
    try:
        eventually(lambda: warnings(installation), within=240)
    finally:
        process.terminate()
        process.wait(60)
    (line,) = warnings(installation)
    assert line["message"] == "trusted_proxies_missing"


def test_missing_header_is_logged_once_by_all_workers(
    installation: Installation,
) -> None:
    with serving(installation, TRUSTED_PROXIES="1") as server:
        assert server.wire().get("/healthz").status == 200
        for worker in server.workers():
            kill(worker)
        eventually(server.is_ready, within=240)
        assert server.terminate() == 0
    lines = [line for line in installation.log_lines() if line["logger"] == "holdfast.access"]
    assert len([line for line in lines if line["message"] == "forwarded_address_unreadable"]) == 1


def warnings(installation: Installation) -> list[dict[str, object]]:
    lines = installation.log_lines()
    return [line for line in lines if line["logger"] == "holdfast.deployment"]

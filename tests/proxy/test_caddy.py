"""Holdfast behind Caddy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proxy.caddy import CADDY, CADDYFILE, caddy, environ
from tests.proxy.nginx import CLIENT, Proxy, new_proxy
from tests.proxy.test_nginx import as_alice
from tests.support.needs import needs
from tests.support.server import Server

pytestmark = needs(CADDY is not None, "caddy is not installed")


@pytest.fixture(scope="module")
def front(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    front = new_proxy()
    with caddy(tmp_path_factory.mktemp("proxy") / "caddy", server.port, front):
        yield front


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    command = [str(CADDY), "validate", "--config", str(CADDYFILE)]
    done = subprocess.run(
        command, env=environ(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_history_has_the_clients_address_when_it_forges_the_header(
    server: Server, front: Proxy
) -> None:
    headers = as_alice(server, **{"X-Forwarded-For": "6.6.6.6", "X_Forwarded_For": "6.6.6.6"})
    environment = server.environment()
    response, text = front.ask(
        "POST", f"{environment}/volume", '{"name": "a", "size": 1}', **headers
    )
    assert response.status == 201, text
    history = f"{environment}/volume/{json.loads(text)['id']}/history"
    _, entries = front.ask("GET", history, **as_alice(server))
    assert [entry["ip"] for entry in json.loads(entries)] == [CLIENT]


def test_a_strong_tag_stays_strong(server: Server, front: Proxy) -> None:
    path = server.volume(server.environment())
    response, _ = front.ask("GET", path, **as_alice(server, **{"Accept-Encoding": "gzip"}))
    tag = response.headers["ETag"]
    headers = as_alice(server, **{"If-Match": tag})
    changed, _ = front.ask("PUT", path, '{"description": "x"}', **headers)
    assert (tag[:3], changed.status) == ('"1.', 200)


def test_a_body_that_is_too_large_is_refused_as_json(server: Server, front: Proxy) -> None:
    body = json.dumps({"name": "x" * 70_000})
    response, text = front.ask("POST", f"{server.environment()}/volume", body, **as_alice(server))
    assert (response.status, json.loads(text)["code"]) == (413, "PAYLOAD_TOO_LARGE")

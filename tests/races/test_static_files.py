"""The static files of a server, as a browser receives them."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
from http.client import HTTPConnection, HTTPResponse

import pytest

from tests.support.installation import Installation, eventually
from tests.support.server import Server, serving

YEAR = 365 * 86400


def get(server: Server, path: str) -> tuple[HTTPResponse, bytes]:
    """Send a request as a browser does, and decompress the response."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip, br"})
    response = connection.getresponse()
    body = response.read()
    return response, gzip.decompress(body) if response.headers["Content-Encoding"] else body


def addresses(server: Server, page: str) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', server.wire().get(page).body)


@pytest.mark.parametrize("page", ["/login", "/docs"])
def test_files_of_pages_are_hashed_compressed_and_cached_for_a_year(
    server: Server, page: str
) -> None:
    found = addresses(server, page)
    assert found
    for address in found:
        response, _ = get(server, address)
        assert response.status == 200
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", address)
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Cache-Control"] == f"max-age={YEAR}, public, immutable"


def test_files_of_style_sheets_are_hashed(server: Server) -> None:
    _, style = get(server, hashed_address(server, "admin/css/widgets.css"))
    found = re.findall(rb'url\("?(\.\./img/[^)"]+)"?\)', style)
    assert found
    assert all(re.search(rb"\.[0-9a-f]{12}\.svg(#\w+)?$", one) for one in found)


def test_replaced_workers_serve_the_current_files(installation: Installation) -> None:
    with serving(installation) as server:
        before = server.workers()
        # As if all that was published was out of date.
        shutil.rmtree(installation.home / "static")
        os.kill(server.pid, signal.SIGHUP)
        eventually(lambda: not set(before) & set(server.workers()), within=120)
        eventually(server.is_ready, within=120)
        (style,) = [address for address in addresses(server, "/login") if ".css" in address]
        assert get(server, style)[0].status == 200
        server.terminate()


def hashed_address(server: Server, name: str) -> str:
    """Return the path at which the server publishes this file."""
    (manifest,) = server.installation.home.glob("static/*/staticfiles.json")
    found = re.search(rf'"{re.escape(name)}": "([^"]+)"', manifest.read_text())
    assert found
    return f"/static/{found[1]}"


def test_names_without_a_hash_are_cached_for_a_minute(server: Server) -> None:
    response, _ = get(server, "/static/holdfast.css")
    assert (response.status, response.headers["Cache-Control"]) == (200, "max-age=60, public")


def test_only_published_files_are_served(server: Server) -> None:
    for path in ("/static/../secret_key", "/static/%2e%2e/secret_key", "/static//secret_key"):
        assert server.wire().get(path).status == 404

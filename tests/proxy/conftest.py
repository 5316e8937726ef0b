"""Holdfast behind nginx, as the files in `deploy/` and `docs/operating.md` set both up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.proxy.nginx import NGINX, OPENSSL, Proxy, new_proxy, nginx
from tests.support.collection import items_below, run_together
from tests.support.installation import Installation, installed
from tests.support.needs import needs
from tests.support.server import Server, serving


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    run_together(__file__, items, "proxy")
    for item in items_below(__file__, items):
        item.add_marker(needs(bool(NGINX and OPENSSL), "nginx or openssl is not installed"))


@pytest.fixture(scope="package")
def proxy() -> Proxy:
    return new_proxy()


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(scope="package")
def server(
    installation: Installation, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that is configured with the HTTPS address of the proxy."""
    with serving(installation, PUBLIC_URL=proxy.origin, TRUSTED_PROXIES="1") as server:
        with nginx(tmp_path_factory.mktemp("proxy") / "nginx", server.port, proxy):
            yield server
        server.terminate()

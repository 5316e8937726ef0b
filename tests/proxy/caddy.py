"""A real Caddy with the configuration in `deploy/`, on a port and with a certificate of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.proxy.nginx import Proxy, certify
from tests.support.installation import ROOT, eventually

CADDY = shutil.which("caddy")
CADDYFILE = ROOT / "deploy" / "caddy" / "Caddyfile"


def environ(home: Path) -> dict[str, str]:
    """Keep what Caddy stores below this directory."""
    return {**os.environ, "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}


@contextmanager
def caddy(home: Path, upstream: int, proxy: Proxy) -> Iterator[None]:
    """Run it in front of this port, on the proxy's port for HTTPS."""
    home.mkdir()
    certify(home)
    (home / "Caddyfile").write_text(configuration(home, upstream, proxy))
    command = [str(CADDY), "run", "--config", "Caddyfile"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environ(home), stdout=log, stderr=log)
    try:
        eventually(proxy.is_listening)
        yield
    finally:
        process.terminate()
        process.wait(30)


def configuration(home: Path, upstream: int, proxy: Proxy) -> str:
    text = CADDYFILE.read_text(encoding="utf-8")
    site = f"https://localhost:{proxy.https_port} {{\n\ttls {home}/cert.pem {home}/key.pem\n"
    changes = {"volumes.example.com {\n": site, "127.0.0.1:8000": f"127.0.0.1:{upstream}"}
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return f"{{\n\tadmin off\n\tauto_https off\n\tdefault_sni localhost\n}}\n{text}"

"""A real nginx with the configuration in `deploy/`, on ports and with a certificate of its own."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

from tests.support.installation import ROOT, eventually
from tests.support.postgres import free_port

PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
NGINX, OPENSSL = shutil.which("nginx", path=PATH), shutil.which("openssl", path=PATH)
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
CLIENT = "127.0.0.2"
"""The clients' address, which differs from that of nginx."""


@dataclass(frozen=True)
class Proxy:
    """A running nginx."""

    http_port: int
    https_port: int

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.https_port}"

    def is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.https_port)) == 0

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[HTTPResponse, str]:
        """Send one request as it is, by TLS, and return the response with its body."""
        connection = HTTPSConnection(
            "127.0.0.1",
            self.https_port,
            timeout=60,
            source_address=(CLIENT, 0),
            context=ssl._create_unverified_context(),
        )
        return self._send(connection, method, path, body, headers, self.https_port)

    def ask_in_clear(self, path: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.http_port, timeout=60)
        return self._send(connection, "GET", path, None, {}, self.http_port)

    @staticmethod
    def _send(
        connection: HTTPConnection,
        method: str,
        path: str,
        body: str | None,
        headers: dict[str, str],
        port: int,
    ) -> tuple[HTTPResponse, str]:
        connection.request(method, path, body, {"Host": f"localhost:{port}", **headers})
        response = connection.getresponse()
        text = response.read().decode("latin-1")
        connection.close()
        return response, text


@contextmanager
def nginx(home: Path, upstream: int, proxy: Proxy, **replaced: str) -> Iterator[None]:
    """Run it in front of this port. What else is `replaced` in the file: `gzip="gzip on;"`."""
    home.mkdir()
    certify(home)
    (home / "conf").write_text(configuration(home, upstream, proxy, **replaced))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(NGINX), "-c", str(home / "conf"), "-p", str(home)], stdout=log, stderr=log
        )
    try:
        eventually(proxy.is_listening)
        yield
    finally:
        process.terminate()
        process.wait(30)


def configuration(home: Path, upstream: int, proxy: Proxy, **replaced: str) -> str:
    text = (ROOT / "deploy" / "nginx" / "holdfast.conf").read_text()
    changes = {
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        "listen 80;": f"listen 127.0.0.1:{proxy.http_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{proxy.https_port} ssl;",
        "server_name volumes.example.com;": "server_name localhost;",
        "/etc/ssl/certs/volumes.example.com.pem": f"{home}/cert.pem",
        "/etc/ssl/private/volumes.example.com.key": f"{home}/key.pem",
        **{f"{name} off;": value for name, value in replaced.items()},
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    places = "".join(f"{name}_temp_path {home}/{name};\n" for name in TEMPORARY)
    top = f"user root;\ndaemon off;\npid {home}/pid;\nerror_log {home}/log;\nevents {{}}\n"
    return f"{top}http {{\naccess_log off;\n{places}{text}}}\n"


def certify(home: Path) -> None:
    """Make a self-signed certificate of localhost."""
    command = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    files = ["-keyout", str(home / "key.pem"), "-out", str(home / "cert.pem")]
    subprocess.run([str(OPENSSL), *command, *files], check=True, capture_output=True)


def new_proxy() -> Proxy:
    return Proxy(free_port(), free_port())

"""Runs `manage.py serve` in a separate process, which tests can query, kill and restart."""

from __future__ import annotations

import os
import signal
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.concurrent_clients import ConcurrentClients
from tests.support.installation import Installation, Process, eventually
from tests.support.postgres import free_port
from tests.support.wire import Answer, Request, Wire

WORKERS = 2
PATIENCE_AT_START = 240.0
"""Seconds. Three processes import everything, on a machine that may be busy with other tests."""


class Server:
    """A server of one installation. It keeps its port when it is restarted."""

    def __init__(self, installation: Installation, workers: int = WORKERS) -> None:
        self.installation = installation
        self.width = workers
        self.port = free_port()
        self.process: Process | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self, **settings: str) -> None:
        self.launch(**settings)
        eventually(self.is_ready, within=PATIENCE_AT_START)

    def launch(self, **settings: str) -> None:
        """Start it without waiting until it serves."""
        bind = f"127.0.0.1:{self.port}"
        self.process = self.installation.start(
            "serve", "--bind", bind, "--workers", str(self.width), **settings
        )

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.installation.log.read_text()
        return self.wire().get("/readyz").status == 200

    def wire(self) -> Wire:
        return Wire(self.port, self.installation.token)

    def workers(self) -> list[int]:
        """Return the ids of the worker processes. Python's resource tracker is not one of them."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"spawn_main" in _command(int(pid))]

    def kill(self) -> list[int]:
        """Kill the main process only. Return the ids of its workers."""
        assert self.process is not None
        workers = self.workers()
        self.process.kill()
        self.process.wait()
        return workers

    def terminate(self, within: float = 15) -> int:
        """Send SIGTERM, as a supervisor would. Return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    # Frequently used requests to the API.

    def send_at_once(self, clients: ConcurrentClients, requests: Sequence[Request]) -> list[Answer]:
        """Send one request from each client at once. Return the responses in the same order."""
        answers = clients.send_at_once(self.port, self.installation.token, requests)
        self.installation.acknowledged.record(requests, answers)
        return answers

    def environment(self, quota: int | None = None, company: str = "") -> str:
        """Create an environment. Return its path."""
        spec = {
            "name": f"env-{uuid.uuid4()}",
            "companyIdRef": company or self.installation.identity["companyId"],
            "resourceQuota": {"storage": quota},
        }
        answer = self.wire().post("/environments", spec)
        assert answer.status == 201, answer
        return f"/{answer.body['id']}"

    def volume(self, environment: str, name: str = "app-data", **spec: Any) -> str:
        """Create a volume. Return its path."""
        return self._made(f"{environment}/volume", {"name": name, "size": 10, **spec})

    def application(self, environment: str, name: str = "web") -> str:
        """Create an application. Return its path."""
        return self._made(f"{environment}/app", {"name": name})

    def snapshot(self, volume: str) -> str:
        """Create a snapshot. Return its path."""
        return self._made(f"{volume}/snapshot", {})

    def _made(self, path: str, spec: Any) -> str:
        request = Request("POST", path, spec)
        answer = self.wire().send(request)
        assert answer.status == 201, answer
        self.installation.acknowledged.record([request], [answer])
        return f"{path}/{answer.body['id']}"


def is_alive(pid: int) -> bool:
    """Whether a process still runs. A zombie does not."""
    return _state(pid) not in {"Z", "X"}


def is_frozen(pid: int) -> bool:
    return _state(pid) == "T"


def _state(pid: int) -> str:
    """Return the kernel's letter for the state of the process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def kill(pid: int) -> None:
    """Kill one process that a test started."""
    os.kill(pid, signal.SIGKILL)


@contextmanager
def serving(installation: Installation, **settings: str) -> Iterator[Server]:
    server = Server(installation)
    server.start(**settings)
    yield server


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""

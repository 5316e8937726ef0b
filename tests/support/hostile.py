"""Hostile clients, which send incomplete requests or do not read responses."""

from __future__ import annotations

import resource
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.server import Server

SMALL_BUFFER = 4096  # bytes that the kernel keeps for a client that does not read


@contextmanager
def connections(
    server: Server, count: int, data: bytes, *, addresses: int = 1
) -> Iterator[list[socket.socket]]:
    """Open `count` connections from a number of addresses, and send the same data on each."""
    allow_descriptors(count + 500)
    with ExitStack() as stack:
        opened = []
        for number in range(count):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            client.bind((f"127.0.0.{2 + number % addresses}", 0))
            client.settimeout(10)
            client.connect(("127.0.0.1", server.port))
            client.sendall(data)
            opened.append(client)
        yield opened


def allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(count, hard)), hard))


def answers(clients: list[socket.socket], within: float) -> Counter[str]:
    """Count responses and final states: "408 closed", "503 open", "silence closed"."""
    deadline = time.monotonic() + within
    return Counter(_answer(client, deadline) for client in clients)


def _answer(client: socket.socket, deadline: float) -> str:
    heard, end = b"", "closed"
    try:
        while True:
            client.settimeout(max(0.01, deadline - time.monotonic()))
            piece = client.recv(65536)
            if not piece:
                break
            heard += piece
    except TimeoutError:
        end = "open"
    except OSError:
        pass
    lines = [line for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    return f"{lines[-1].split()[1].decode() if lines else 'silence'} {end}"


def seconds_until_closed(client: socket.socket, most: float) -> float:
    began = time.monotonic()
    _answer(client, began + most)
    return time.monotonic() - began


def seconds_of_healthz(server: Server) -> float:
    """Return how long `/healthz` takes; it must be 200."""
    began = time.monotonic()
    assert server.wire().get("/healthz").status == 200
    return time.monotonic() - began


def memory(server: Server) -> int:
    """Return the MB of the largest worker."""
    return max(map(_resident, server.workers()))


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) // 1024

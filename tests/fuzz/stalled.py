"""Clients that begin and never finish. While they hang about, everybody else must be served."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.fuzz.people import Caller

EACH = 10


@contextmanager
def stalled(caller: Caller, environment: str, port: int) -> Iterator[None]:
    """Some stop in the middle of their headers, some before or in the middle of a body."""
    head = f"POST /{environment}/volume HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in caller.headers.items())
    beginnings = [head, f"{head}Content-Length: 100\r\n\r\n", f"{head}Content-Length: 9\r\n\r\n{{"]
    with ExitStack() as stack:
        for beginning in beginnings * EACH:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            stack.enter_context(connection).sendall(beginning.encode())
        yield

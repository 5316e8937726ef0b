"""The sockets of this process, as the Linux kernel reports them. Elsewhere there seem to be none."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

Peer = tuple[str, str]
"""Address and port of a client, as granian writes them."""

_INFO = struct.Struct("=24xI16xI4xI64xQQ8xI")
"""In `struct tcp_info`: unacked, last_data_sent, last_data_recv, bytes_acked, bytes_received, notsent."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A connection's counters at one moment."""

    seconds_since_sent: float
    seconds_since_received: float
    received: int
    acknowledged: int
    is_waiting_for_reader: bool


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection, identified by the inode of its socket: descriptors and ports are reused."""

    fd: int
    inode: str
    peer: Peer


def open_sockets() -> Iterator[tuple[int, str]]:
    """Yield descriptor and inode of every socket of this process."""
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return
    for name in names:
        with suppress(OSError):  # closed since
            target = os.readlink(f"/proc/self/fd/{name}")
            if target.startswith("socket:"):
                yield int(name), target


def peer_of(fd: int, port: int) -> Peer | None:
    """Return the client of an accepted connection, None for any other socket."""
    try:
        with _borrowed(fd) as connection:
            if connection.type != socket.SOCK_STREAM or connection.getsockname()[1] != port:
                return None
            address, remote, *_ = connection.getpeername()
    except (OSError, IndexError, ValueError):
        return None  # listening, closed since, or no TCP
    return address, str(remote)


def is_connected(port: int) -> bool:
    """Return whether any client has a connection."""
    return any(peer_of(fd, port) for fd, _ in open_sockets())


def bound_send_buffer(fd: int, port: int, size: int) -> None:
    """If this socket listens, limit the kernel's send buffer of the connections that it will accept.

    By default the kernel uses up to 4 MB for each.
    """
    with suppress(OSError, IndexError), _borrowed(fd) as listening:
        if _is_listening(listening, port):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def stop_listening(port: int) -> None:
    """Accept no further connections. New clients reach another listener of the port.

    The server continues to wait on the same descriptor, which now belongs to a socket whose address
    nobody knows.
    """
    with socket.socket(socket.AF_UNIX) as replacement:
        replacement.bind("")  # an unused address, which the kernel chooses
        replacement.listen()
        replacement.setblocking(False)
        for fd, _ in list(open_sockets()):
            with suppress(OSError, IndexError), _borrowed(fd) as listening:
                if _is_listening(listening, port):
                    os.dup2(replacement.fileno(), fd)


def traffic(fd: int) -> Traffic | None:
    """Return the traffic counters of a connection. None if it is closed."""
    try:
        with _borrowed(fd) as connection:
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    except OSError:
        return None
    if len(info) < _INFO.size:
        return None
    unacknowledged, sent, received, acknowledged, total, unsent = _INFO.unpack(info)
    return Traffic(
        sent / 1000, received / 1000, total, acknowledged, bool(unacknowledged or unsent)
    )


def close(connection: Connection) -> None:
    """Reset a connection, dropping data that is not sent yet.

    The server notices it and closes its own descriptor, which is never closed here.
    """
    try:
        copy = os.dup(connection.fd)  # refers to this socket even if the original is closed
    except OSError:
        return
    with suppress(OSError), socket.socket(fileno=copy) as ours:
        if os.readlink(f"/proc/self/fd/{copy}") == connection.inode:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            ours.shutdown(socket.SHUT_RDWR)


def _is_listening(candidate: socket.socket, port: int) -> bool:
    return (
        bool(candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        and candidate.getsockname()[1] == port
    )


@contextmanager
def _borrowed(fd: int) -> Iterator[socket.socket]:
    """Use a descriptor of another owner as a socket object. Raises OSError if it is closed."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)
    try:
        yield connection
    finally:
        connection.detach()

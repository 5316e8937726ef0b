"""Deadlines of connections without a running request, and of stalled readers.

Granian has one timeout for both the headers of a request and the pause before it, and none for a client
that does not read its response. So a thread checks the worker's sockets four times a second, and closes
those that are overdue. Requests only record when they begin and end, which costs almost nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from threading import Thread
from typing import Protocol

from config.limits import (
    HEADER_TIMEOUT,
    KEEP_ALIVE_TIMEOUT,
    MAX_CONNECTIONS,
    READER_TIMEOUT,
    SEND_BUFFER_BYTES,
)
from config.server import sockets
from config.server.sockets import Connection, Peer, Traffic

log = logging.getLogger("holdfast.server")

INTERVAL = 0.25  # seconds between two checks
BUSY_INTERVAL = 0.1  # seconds, while more than half of the connections are in use
GRACE = 0.4  # seconds for which a received request may still wait for a thread
CLOCK = 0.008  # seconds of tolerance: the kernel's clock of connections ticks every 1 to 4 ms


class Client:
    """What the requests of one connection record."""

    __slots__ = ("answered_at", "is_answering", "received")

    def __init__(self) -> None:
        self.is_answering = False
        self.answered_at = 0.0
        self.received = 0.0
        """Bytes of its requests, if they are formatted as by all common clients; else infinite."""


class Expiring(Protocol):
    def expire(self) -> None: ...


@dataclass(slots=True)
class Watched:
    """The state of a connection between two checks."""

    connection: Connection
    seen_at: float
    answered_at: float = 0.0
    asking_since: float | None = None
    received: int = 0
    acknowledged: int = -1
    unread_since: float | None = None

    def note(self, client: Client, traffic: Traffic, now: float) -> None:
        if client.answered_at != self.answered_at:
            self.answered_at, self.asking_since = client.answered_at, None
        if not self.answered_at:
            self.asking_since = self.seen_at  # the first request is due from the start
        elif self.asking_since is None and _has_begun(client, traffic, now):
            self.asking_since = max(client.answered_at, now - traffic.seconds_since_received)
        if not traffic.is_waiting_for_reader:
            self.unread_since = None
        elif self.unread_since is None or traffic.acknowledged != self.acknowledged:
            self.unread_since = now
        self.acknowledged, self.received = traffic.acknowledged, traffic.received

    def is_overdue(self, now: float) -> bool:
        if self.unread_since is not None:
            return now - self.unread_since > READER_TIMEOUT
        if self.asking_since is not None:
            return now - self.asking_since > HEADER_TIMEOUT
        return now - self.answered_at > KEEP_ALIVE_TIMEOUT

    def is_dispensable(self, now: float) -> bool:
        """Whether it may be closed to free a connection: not while a request seems to be arriving."""
        is_asking = self.asking_since is not None and self.received > 0
        return not is_asking or now - self.seen_at > GRACE

    def usefulness(self) -> tuple[bool, float]:
        """Return a sort key. Connections without any request are closed first, then the longest idle."""
        return bool(self.answered_at), self.answered_at or self.seen_at


def _has_begun(client: Client, traffic: Traffic, now: float) -> bool:
    """Whether bytes of a further request arrived after the last response."""
    if now - traffic.seconds_since_received > client.answered_at + CLOCK:
        return True
    is_as_late = traffic.seconds_since_received <= traffic.seconds_since_sent + CLOCK
    return is_as_late and traffic.received > client.received


class ConnectionGuard:
    """Closes overdue connections of this worker, and expires whatever waits too long for a client."""

    def __init__(self, port: int, maximum: int = MAX_CONNECTIONS) -> None:
        self._port = port
        self._maximum = maximum
        self._clients: dict[Peer, Client] = {}
        self._watched: dict[str, Watched] = {}
        self._others: set[str] = set()  # sockets that are not connections of clients
        self._looked_at = 0.0
        self._deadlines: dict[Expiring, float] = {}

    def start(self) -> None:
        Thread(target=self._run, name="connection-guard", daemon=True).start()

    def client(self, peer: Peer) -> Client:
        """Return the record of a connection, for the request that begins on it."""
        return self._clients.get(peer) or self._clients.setdefault(peer, Client())

    def expect(self, waiting: Expiring, deadline: float) -> None:
        """Call `expire` at `deadline` (of time.monotonic), unless `forget` comes first."""
        self._deadlines[waiting] = deadline

    def forget(self, waiting: Expiring) -> None:
        self._deadlines.pop(waiting, None)

    def close(self, peer: Peer) -> None:
        """Close a client's connection at once."""
        for fd, inode in sockets.open_sockets():
            if sockets.peer_of(fd, self._port) == peer:
                sockets.close(Connection(fd, inode, peer))

    def _run(self) -> None:
        while True:
            busy = len(self._clients) > self._maximum // 2
            time.sleep(BUSY_INTERVAL if busy else INTERVAL)
            try:
                self.look(time.monotonic())
            except Exception:
                log.exception("connection_check_failed")

    def look(self, now: float) -> None:
        """Close the connections that are overdue at `now`, and idle ones if too many are open."""
        for waiting, deadline in list(self._deadlines.items()):
            if deadline <= now:
                self.forget(waiting)
                waiting.expire()
        self._refresh(now)
        idle = [one for one in self._watched.values() if not self._is_answering(one)]
        overdue = [one for one in idle if one.is_overdue(now)]
        for one in overdue or self._superfluous(idle, now):
            sockets.close(one.connection)

    def _superfluous(self, idle: list[Watched], now: float) -> list[Watched]:
        """Return the connections to close if too many are open, so that half of the maximum is free."""
        if len(self._watched) <= self._maximum * 7 // 8:
            return []
        excess = len(self._watched) - self._maximum // 2
        dispensable = [one for one in idle if one.is_dispensable(now)]
        return sorted(dispensable, key=Watched.usefulness)[:excess]

    def _refresh(self, now: float) -> None:
        """Update the state of known connections, and add new ones."""
        watched: dict[str, Watched] = {}
        others: set[str] = set()
        for fd, inode in sockets.open_sockets():
            if inode in self._others:
                others.add(inode)
            elif one := self._watched.get(inode) or self._newly_watched(fd, inode, now):
                watched[inode] = one
            else:
                others.add(inode)
                sockets.bound_send_buffer(fd, self._port, SEND_BUFFER_BYTES)
        for one in watched.values():
            if counters := sockets.traffic(one.connection.fd):
                one.note(self.client(one.connection.peer), counters, now)
        open_now = {one.connection.peer for one in watched.values()}
        for peer, client in list(self._clients.items()):
            if peer not in open_now and self._is_past(client):
                del self._clients[peer]
        self._watched, self._others, self._looked_at = watched, others, now

    def _newly_watched(self, fd: int, inode: str, now: float) -> Watched | None:
        peer = sockets.peer_of(fd, self._port)
        if peer is None:
            return None
        if self._is_past(self.client(peer)):
            self._clients[peer] = (
                Client()
            )  # the record was of an earlier connection from the same port
        return Watched(Connection(fd, inode, peer), seen_at=now)

    def _is_past(self, client: Client) -> bool:
        """Whether the record is of a connection that ended before the last check."""
        return not client.is_answering and client.answered_at < self._looked_at

    def _is_answering(self, watched: Watched) -> bool:
        return self.client(watched.connection.peer).is_answering

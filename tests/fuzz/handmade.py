"""Requests of the hand-made bytes: each of them at every operation where it means something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from tests.fuzz.bodies import BODIES
from tests.fuzz.cases import Operation
from tests.fuzz.gate import Shot
from tests.fuzz.heads import HEADERS, METHODS, QUERIES, SEGMENTS
from tests.fuzz.people import Caller
from tests.fuzz.pool import Pool
from tests.support.server import Server

BASES = (b"", b"", b"/api/v1")
NAME = re.compile(rb"\{(\w+)\}")
OF_A_TARGET = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:@/?\[\]-]*")


@dataclass(frozen=True)
class Draft:
    """A request before it is known who asks, and about what: `{name}` in the path stands for an id."""

    method: bytes
    path: bytes
    query: bytes = b""
    header: tuple[str, bytes] | None = None
    body: bytes | None = None
    bases: tuple[bytes, ...] = BASES

    @property
    def is_page(self) -> bool:
        return self.bases != BASES


def drafts(operations: list[Operation]) -> Iterator[Draft]:
    """All of them, in no telling order: thousands."""
    for operation in operations:
        method, path = operation.method.upper().encode(), operation.path.encode()
        if operation.body:
            yield from (Draft(method, path, body=body) for body in BODIES)
        yield from (Draft(method, path, query=query) for query in QUERIES)
        yield from (Draft(method, path, header=header) for header in HEADERS)
        yield from (Draft(method, other) for other in _misspelt(path))
        yield from (Draft(other, path) for other in METHODS)


def _misspelt(path: bytes) -> Iterator[bytes]:
    """The path with each of its segments, one at a time, replaced by each of the hand-made ones."""
    segments = path.split(b"/")
    for place in range(1, len(segments)):
        for other in SEGMENTS:
            yield b"/".join([*segments[:place], other, *segments[place + 1 :]])


def shot_of(draft: Draft, caller: Caller, pool: Pool, server: Server) -> Shot:
    path = pool.random.choice(draft.bases) + _path(draft, pool)
    headers = {
        b"Host": b"127.0.0.1:%d" % server.port,
        b"Content-Type": b"application/json",
        **{name.encode(): value.encode() for name, value in caller.headers.items()},
    }
    if draft.header:
        headers[draft.header[0].encode()] = draft.header[1]
    body = _body(draft, pool)
    if body is not None:
        headers[b"Content-Length"] = b"%d" % len(body)
    target = path + (b"?" + draft.query if draft.query else b"")
    lines = [b"%s %s HTTP/1.1" % (draft.method, target)]
    lines += [b"%s: %s" % header for header in headers.items()]
    return Shot(
        method=draft.method.decode().upper(),  # as the server reads it
        path=unquote_to_bytes(path).decode(errors="replace"),
        raw=b"\r\n".join([*lines, b"", body or b""]),
        is_http=_is_http(target),
    )


def _path(draft: Draft, pool: Pool) -> bytes:
    """The draft's path with identifiers of what there is in the place of `{name}`."""
    if draft.is_page:
        return _named(draft.path, pool)
    identifiers = pool.parameters(draft.path.decode(errors="replace"))
    return NAME.sub(lambda found: identifiers[found[1].decode()].encode(), draft.path)


def _named(text: bytes, pool: Pool) -> bytes:
    """A page's text with identifiers of what there is in the place of `{name}`."""
    return NAME.sub(lambda found: pool.pick_for_page(found[1].decode()).encode(), text)


def _body(draft: Draft, pool: Pool) -> bytes | None:
    if draft.body is not None:
        return _named(draft.body, pool) if draft.is_page else draft.body
    return (
        pool.random.choice((b"{}", b'{"name": "made-by-hand", "size": 1}'))
        if (draft.method in {b"POST", b"PUT", b"PATCH"})
        else None
    )


def _is_http(target: bytes) -> bool:
    """Whether HTTP allows the target at all; what it does not, a server may refuse by itself."""
    return len(target) < 60_000 and OF_A_TARGET.fullmatch(target) is not None

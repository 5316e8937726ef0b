"""Bytes that are hardly HTTP, or that come too slowly, too many, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz.gate import Shot
from tests.fuzz.people import Caller

BODY = b'{"name": "by-socket", "size": 1}'
LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)

HEADS: tuple[bytes, ...] = (
    *(
        b"\x00",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"\x16\x03\x01",
    ),
    *(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/3.0\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n"),
    *(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
    *(
        b"GET / HTTP/1.1\n\n",
        b"GET / HTTP/1.1\r\r",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"A" * 500_000,
    ),
    *(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET\t/\tHTTP/1.1\r\n\r\n"),
    *(
        b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x80" * 99,
    ),
    *(b"GET http://evil.example/environments HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",),
    *(b"GET /environments HTTP/1.1\r\n\r\n", b"GET /environments HTTP/1.0\r\n\r\n"),
)
LINES: tuple[bytes, ...] = (
    *(
        b"Host: other.example",
        b"Host:",
        b"A",
        b": x",
        b"A : x",
        b" A: x",
        b"A\x00: x",
        b"A: \x00",
        b"A: \x01",
    ),
    *(b"A: x\rB: y", b"A: x\nB: y", b"A: x\r\n B", b"\xff: x", b"A: \xff", b"A: " + b"x" * 500_000),
    *(
        b"\r\n".join(b"H%d: x" % n for n in range(2000)),
        b"Connection: upgrade",
        b"Connection: \xff",
    ),
    *(b"Expect: 100-continue", b"Upgrade: h2c", b"Keep-Alive: x", b"Cookie: a=b\r\nCookie: c=d"),
    *(b"Authorization: Bearer x\r\nAuthorization: Bearer y", b"Content-Type: a\r\nContent-Type: b"),
    *(b"A_B: x\r\nA-B: y", b"X_Request_ID: x", b"Content_Length: 5", b"Proxy: http://evil.example"),
)
FRAMES: tuple[tuple[bytes, bytes], ...] = (
    *((b"Content-Length: -1", BODY), (b"Content-Length: x", BODY), (b"Content-Length: 1e3", BODY)),
    *((b"Content-Length: +5", BODY), (b"Content-Length: 99999999999999999999", BODY), (b"", BODY)),
    *((b"Content-Length: 5\r\nContent-Length: 6", BODY), (b"Content-Length: 5, 5", BODY)),
    *(
        (LENGTH + b"\r\n" + CHUNKED, CHUNKS),
        (CHUNKED + b"\r\n" + LENGTH, CHUNKS),
        (CHUNKED, CHUNKS),
    ),
    *(
        (CHUNKED + b", chunked", CHUNKS),
        (b"Transfer-Encoding: identity", BODY),
        (CHUNKED, b"0\r\n\r\n"),
    ),
    *((b"Transfer-Encoding: xchunked", CHUNKS), (b"Transfer-Encoding: gzip, chunked", CHUNKS)),
    *((b"Transfer-Encoding:\x0bchunked", CHUNKS), (b"Transfer-Encoding : chunked", CHUNKS)),
    *(
        (CHUNKED, b"zz\r\n"),
        (CHUNKED, b"-1\r\nx"),
        (CHUNKED, b"ffffffffffffffff1\r\nx"),
        (CHUNKED, b"5\r\nx"),
    ),
    *(
        (CHUNKED, b"3;" + b"e" * 70_000 + b"\r\n{ }\r\n0\r\n\r\n"),
        (CHUNKED, b"2\r\n{}X\r\n0\r\n\r\n"),
    ),
    *(
        (CHUNKED, b"2\r\n{}\r\n0\r\nTrailer: x\r\nContent-Length: 9\r\n\r\n"),
        (CHUNKED, b"2\n{}\n0\n\n"),
    ),
    *((CHUNKED, b"1\r\n \r\n" * 70_000 + b"0\r\n\r\n"), (b"Content-Length: 70000", b"x" * 70_000)),
    *(
        (b"Content-Length: 3000000", b"x" * 3_000_000),
        (LENGTH, BODY + b"GET /metrics HTTP/1.1\r\n\r\n"),
    ),
)


def shots(caller: Caller, environment: str, port: int) -> Iterator[Shot]:
    """All of them, about one environment."""
    path = f"/{environment}/volume"
    yield from (Shot("GET", "/", raw, is_http=False) for raw in HEADS)
    yield from (_shot("GET", path, caller, port, line) for line in LINES)
    yield from (_shot("POST", path, caller, port, line, body) for line, body in FRAMES)


def _shot(
    method: str, path: str, caller: Caller, port: int, line: bytes, body: bytes = b""
) -> Shot:
    head = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
    ]
    head += [f"{name}: {value}" for name, value in caller.headers.items()]
    lines = [one.encode() for one in head] + [line] * bool(line) + [b"Connection: close", b"", body]
    return Shot(method, path, b"\r\n".join(lines), is_http=False)

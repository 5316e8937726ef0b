"""The WSGI environ of a request that granian describes as an ASGI scope.

Granian's own WSGI interface leaves out the client's port, without which nothing tells which connection a
request came from.
"""

from __future__ import annotations

import io
import sys
from typing import Any
from urllib.parse import unquote_to_bytes

Scope = dict[str, Any]
Environ = dict[str, Any]

_CONSTANT: Environ = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": False,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
}
_KEYS: dict[bytes, str] = {
    b"content-type": "CONTENT_TYPE",
    b"content-length": "CONTENT_LENGTH",
    **{
        name.encode(): "HTTP_" + name.upper().replace("-", "_")
        for name in (
            *("accept", "accept-encoding", "accept-language", "authorization", "cache-control"),
            *("connection", "cookie", "host", "idempotency-key", "if-match", "if-none-match"),
            *("origin", "referer", "user-agent", "x-forwarded-for", "x-request-id"),
        )
    },
}
"""The usual names. A name that callers make up is not kept: the table would grow for good."""


def build_environ(scope: Scope) -> Environ:
    """Return the environ, with an empty body.

    A header whose name has an underscore is left out: folded into an environ, `X_Forwarded_For` would
    pass for the `X-Forwarded-For` that only a proxy writes.
    """
    environ = _CONSTANT.copy()
    path = scope["raw_path"]
    if b"%" in path:
        path = unquote_to_bytes(path)
    environ["PATH_INFO"] = path.decode("latin-1")
    environ["QUERY_STRING"] = scope["query_string"].decode("latin-1")
    environ["REQUEST_METHOD"] = scope["method"]
    environ["SERVER_PROTOCOL"] = "HTTP/1.1" if scope["http_version"] == "1.1" else "HTTP/1.0"
    environ["SERVER_NAME"], environ["SERVER_PORT"] = scope["server"]
    environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = scope["client"]
    environ["wsgi.input"] = io.BytesIO()
    for name, value in scope["headers"]:
        key = _KEYS.get(name)
        if key is None:
            if b"_" in name:
                continue
            key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in environ:
            text = f"{environ[key]}{';' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    return environ


def size_of_head(scope: Scope) -> int:
    """Return the bytes of request line and headers, if the client wrote them as all common ones do."""
    query = scope["query_string"]
    line = len(scope["method"]) + len(scope["raw_path"]) + (len(query) + 1 if query else 0) + 12
    return line + sum(len(name) + len(value) + 4 for name, value in scope["headers"]) + 2

"""The address that a request came from: for the history, the throttles and the access log alike."""

from __future__ import annotations

import itertools
import logging
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest

MAX_LENGTH = 100
"""Characters of an entry that may be an address; with quotes, zone and port, none has more."""
UNKNOWN = "0.0.0.0"  # noqa: S104  (nothing listens on it)
"""For a peer that has no address, such as a unix socket, which Holdfast does not support."""
# An IPv6 address with a port is in brackets; RFC 7239 also allows a port that hides its number.
ENTRY = re.compile(
    r"""\[(?P<bracketed>[^\[\]]+)\](?::_?[\w.-]+)?|(?P<ipv4>[0-9.]+)(?::_?[\w.-]+)?|(?P<bare>[^\[\]]+)""",
    re.ASCII,
)

log = logging.getLogger("holdfast.access")
_unreadable_entries = itertools.count()


def client_ip(request: HttpRequest) -> str:
    """Return the address that the request came from."""
    return client_address(request.META)


def client_address(environ: Mapping[str, Any]) -> str:
    """Return the peer's address or, behind n trusted proxies, the n-th from the right of X-Forwarded-For.

    What stands further left was written by the client and proves nothing. Where the entry is missing or
    unreadable, the peer's address is returned, and a warning is logged once in the life of the server.
    """
    peer = parse_address(environ.get("REMOTE_ADDR", "")) or UNKNOWN
    if not (hops := settings.TRUSTED_PROXIES):
        return peer
    entries = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    entry = entries[-hops].strip() if len(entries) >= hops else ""
    if (address := parse_address(entry)) is not None:
        return address
    if _is_first_in_server():
        log.warning(
            "X-Forwarded-For has no readable address where TRUSTED_PROXIES expects it: the address of the"
            " connection is used. Let the proxy set the header, and check TRUSTED_PROXIES.",
            extra={"entry": entry[:MAX_LENGTH], "ip": peer},
        )
    return peer


def _is_first_in_server() -> bool:
    """Return whether no thread of this process and no other worker of this server called it before."""
    if next(_unreadable_entries):  # one step, so only one thread gets 0
        return False
    if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # which all workers share
        try:
            (Path(directory) / "unreadable-address").touch(0o600, exist_ok=False)
        except FileExistsError:
            return False
    return True


def parse_address(text: str) -> str | None:
    """Return the address in its usual form, or None for what is none.

    Without port, brackets, quotes and zone, and IPv4 as such even on a dual-stack socket.
    """
    return _parse(text) if len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=1024)  # each request asks for its own, to be logged
def _parse(text: str) -> str | None:
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    found = ENTRY.fullmatch(text[1:-1].strip() if is_quoted else text)
    if found is None:
        return None
    try:
        address = ip_address((found[found.lastgroup or 0]).partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)

"""The client address of a request, as the history, the throttles and the access log use it."""

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
"""Characters of an entry. No address is longer, with quotes, zone and port included."""
UNKNOWN = "0.0.0.0"  # noqa: S104  (nothing listens on it)
"""The address of a peer that has none, such as a unix socket, which Holdfast does not support."""
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

    Entries further left come from the client and are ignored. If the entry is missing or unreadable, the
    peer's address is returned, and the server logs one warning in its lifetime.
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
            "forwarded_address_unreadable",
            extra={
                "entry": entry[:MAX_LENGTH],
                "ip": peer,
                "hint": "X-Forwarded-For has no readable address where TRUSTED_PROXIES expects it, so the"
                " address of the connection is used. Let the proxy set the header, and check"
                " TRUSTED_PROXIES.",
            },
        )
    return peer


def _is_first_in_server() -> bool:
    """Return whether this is the first call in all threads and workers of this server."""
    if next(_unreadable_entries):  # atomic, so only one thread gets 0
        return False
    if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # which all workers share
        try:
            (Path(directory) / "unreadable-address").touch(0o600, exist_ok=False)
        except FileExistsError:
            return False
    return True


def parse_address(text: str) -> str | None:
    """Return the address in canonical form, or None if the text is not an address.

    Port, brackets, quotes and zone are removed. IPv4-mapped IPv6 addresses become IPv4.
    """
    return _parse(text) if len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=1024)  # each request parses its address, for the access log
def _parse(text: str) -> str | None:
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    match = ENTRY.fullmatch(text[1:-1].strip() if is_quoted else text)
    if match is None:
        return None
    try:
        address = ip_address((match[match.lastgroup or 0]).partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)

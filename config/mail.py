"""Parses the setting that names the mail server."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from config import env
from config.setting_sources import BadSetting

PORTS = {"smtp": 25, "submission": 587, "smtps": 465}
"""Default ports by scheme: without TLS, with STARTTLS, with TLS from the first byte."""

URL_FORMAT = "smtp://, submission:// or smtps://, with [user:password@]host[:port][?from=ADDRESS]"


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str
    password: str
    use_starttls: bool
    use_tls: bool
    sender: str


def mail_server(name: str, *, public_host: str) -> MailServer | None:
    """Return the server of the setting, or None if the setting is empty.

    The sender is `holdfast@<public_host>` unless the URL has a `from`. Raises BadSetting without the
    value, because it contains a password.
    """
    value = env.text(name)
    if not value:
        return None
    try:
        parts = urlsplit(value)
        server = _server(parts, public_host)
    except ValueError:
        raise BadSetting(name, f"must be like {URL_FORMAT}") from None
    return server


def _server(parts: SplitResult, public_host: str) -> MailServer:
    query = parse_qs(parts.query, strict_parsing=bool(parts.query), keep_blank_values=True)
    sender = query.pop("from", [_default_sender(public_host)])
    leftover = query or parts.path.strip("/") or parts.fragment or len(sender) != 1
    if parts.scheme not in PORTS or not parts.hostname or parts.port == 0 or leftover:
        raise ValueError
    if not _is_address(sender[0]) or any(character.isspace() for character in parts.hostname):
        raise ValueError
    return MailServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_starttls=parts.scheme == "submission",
        use_tls=parts.scheme == "smtps",
        sender=sender[0],
    )


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(
        local and at and domain and text.isascii() and text.isprintable() and " " not in text
    )


def _default_sender(public_host: str) -> str:
    try:
        ip_address(public_host)
    except ValueError:
        return f"holdfast@{public_host}"
    return "holdfast@localhost"  # a mail domain cannot be an IP address

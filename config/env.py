"""Reading settings strictly: nonsense stops the start with one line that says which and why.

A setting comes from the environment, else from the file of settings (`config.settings_file`).
"""

import os
import re
import secrets
import socket
from collections.abc import Collection
from decimal import Decimal
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import dj_database_url

from config.private_files import UnusableFile, read_secret
from config.setting_sources import BadSetting, absolute, is_set, lookup


def text(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file that NAME_FILE names (for secrets)."""
    key, value = lookup(name)
    if key == name:
        return (value or "").strip() or default
    if not value:
        raise BadSetting(key, "is empty: name a file, or do not set it")
    return _secret(key, absolute(key, value))


def _secret(name: str, path: Path) -> str:
    try:
        return read_secret(path)
    except UnusableFile as error:
        raise BadSetting(name, str(error)) from None


def token(name: str, *, least: int) -> str:
    """A bearer token of at least that many characters, or nothing."""
    value = text(name)
    if value and len(value) < least:
        raise BadSetting(name, f"is too short: use at least {least} random characters")
    if not all("!" <= character <= "~" for character in value):
        raise BadSetting(
            name, "must be ASCII characters without spaces, as a header can carry them"
        )
    return value


def flag(name: str, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value not in {"true", "false"}:
        raise BadSetting(name, f"must be true or false, not {value!r}")
    return value == "true"


def number(name: str, default: int, *, least: int = 0, most: int = 2**53) -> int:
    value = text(name, str(default))
    # Seventeen digits cover every bound; int() alone would take "1_000", "+1" and Arabic digits.
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        raise BadSetting(name, f"must be a whole number, not {value!r}")
    if not least <= int(value) <= most:
        raise BadSetting(name, f"must be between {least} and {most}, not {value}")
    return int(value)


class Rate(NamedTuple):
    """At most this many requests in this many seconds."""

    requests: int
    seconds: int


PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def rates(name: str, default: str) -> tuple[Rate, Rate] | None:
    """Two rates such as 600/minute,6000/minute. None if NAME is set and empty."""
    key, given = lookup(name)
    if key == name and given is not None and not given.strip():
        return None
    value = text(name, default)
    found = [_rate(part.strip()) for part in value.split(",")]
    if len(found) != 2 or found[0] is None or found[1] is None:
        raise BadSetting(
            name,
            "must be two rates, of changes and of reads, such as 600/minute,6000/minute (periods:"
            f" {', '.join(PERIODS)}), or empty for no limit, not {value!r}",
        )
    return found[0], found[1]


def _rate(value: str) -> Rate | None:
    number, _, period = value.partition("/")
    is_number = number.isascii() and number.isdigit() and len(number) <= 10
    if not is_number or int(number) == 0 or period not in PERIODS:
        return None
    return Rate(int(number), PERIODS[period])


def optional_number(name: str, *, most: int) -> int | None:
    return number(name, 0, most=most) if text(name) else None


def optional_ratio(name: str, *, most: int) -> Decimal | None:
    value = text(name)
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,12})?", value):
        raise BadSetting(name, f"must be a number such as 1.5, not {value!r}")
    if not 0 < Decimal(value) <= most:
        raise BadSetting(name, f"must be above 0 and at most {most}, not {value}")
    return Decimal(value)


def mode(name: str, default: int) -> int:
    """File permissions in octal, as chmod writes them."""
    value = text(name, f"{default:o}")
    if not (1 <= len(value) <= 5 and set(value) <= set("01234567") and int(value, 8) <= 0o7777):
        raise BadSetting(name, f"must be permissions in octal such as 0750, not {value!r}")
    return int(value, 8)


def choice(name: str, default: str, choices: Collection[str]) -> str:
    value = text(name, default)
    if value not in choices:
        raise BadSetting(name, f"must be one of {', '.join(choices)}, not {value!r}")
    return value


def directory(name: str, default: Path) -> Path:
    value = text(name, str(default))
    if "\0" in value:
        raise BadSetting(name, "must be a path")
    return absolute(name, value)


def http_url(name: str, default: str) -> SplitResult:
    """An http or https address without a path: what people type to come here."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and host_of(parts)
    except ValueError:
        usable = False
    if not usable or parts.path or parts.query or parts.fragment or parts.username:
        raise BadSetting(name, f"must be like https://volumes.example.com, not {value!r}")
    return parts


def host_of(address: SplitResult) -> str:
    """Return the host as browsers send it: IPv6 in brackets. Raises ValueError if it can be none."""
    host = address.hostname or ""
    return _host(f"[{host}]" if ":" in host else host)


HOST_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
"""What Django lets through of a Host header, so that each entry can match one."""


def hosts(name: str, default: list[str]) -> list[str]:
    """Hosts with commas between; `.example.com` includes all below it, `*` is every host."""
    return [_pattern(name, entry.strip()) for entry in text(name, ",".join(default)).split(",")]


def _pattern(name: str, entry: str) -> str:
    try:
        return entry if entry == "*" else entry[: entry[:1] == "."] + _host(entry.removeprefix("."))
    except ValueError:
        raise BadSetting(
            name,
            "must be host names with commas between, without scheme and port, IPv6 addresses in brackets"
            f" ([::1]), not {entry!r}",
        ) from None


def _host(text: str) -> str:
    """Return a host name, or an address in its usual form. Raises ValueError."""
    if text.startswith("[") and text.endswith("]") and "%" not in text:
        return f"[{IPv6Address(text[1:-1])}]"
    if not HOST_NAME.fullmatch(text.lower()):
        raise ValueError(text)
    return text.lower()


def database(name: str, default: Path) -> dict[str, Any]:
    return parse_database(name, text(name, f"sqlite:///{default}"))


def parse_database(name: str, value: str) -> dict[str, Any]:
    """A sqlite:// or postgres:// address as Django wants it, with the options that each one needs."""
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value))
    except Exception as error:  # the library raises its own, ValueError and KeyError
        # Never the value itself: it carries a password.
        raise BadSetting(name, f"cannot be understood: {type(error).__name__}") from None
    if config["ENGINE"] not in ENGINES:
        raise BadSetting(name, "must begin with sqlite:// or postgres://")
    if not config["NAME"]:
        raise BadSetting(name, "names no database")
    engine, options = ENGINES[config["ENGINE"]]
    if config["ENGINE"] == "django.db.backends.sqlite3":
        absolute(name, config["NAME"])
    config |= {"ENGINE": engine, "OPTIONS": {**options, **config.get("OPTIONS", {})}}
    config["CONN_MAX_AGE"] = 0
    return config


ENGINES: dict[str, tuple[str, dict[str, Any]]] = {
    # Deferred transactions end in "database is locked" whatever the timeout: take the write lock first.
    "django.db.backends.sqlite3": (
        "config.db.sqlite3",
        {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            ),
        },
    ),
    # A lost database answers 503 within seconds instead of holding every thread for half a minute,
    # and is found again within seconds: the pool's own pauses grow for as long as it is away.
    "django.db.backends.postgresql": (
        "config.db.postgresql",
        {
            "connect_timeout": 5,
            # Names the process, for operators and for config/db/usage.py; 63 bytes at most.
            "application_name": f"holdfast {os.getpid()}@{socket.gethostname()}"[:63],
            "options": (
                "-c jit=off "  # compiling a plan takes longer than any of them runs
                # Lists are read to their end: a cursor's plan is that of any statement.
                "-c cursor_tuple_fraction=1 "
                # A process that is frozen, or cut off, must not keep its locks from all others.
                "-c idle_in_transaction_session_timeout=20s"
            ),
            "prepare_threshold": 5,  # lets statements be kept at all; see config/db/statements.py
            "pool": {
                "min_size": 1,
                "max_size": 20,
                "timeout": 5,
                "max_idle": 300,
                "reconnect_timeout": 2,
            },
        },
    ),
}
"""By the engine that an address means: the engine that is used for it, and its options."""


MIN_SECRET_KEY = 32
"""Characters."""


def secret_key(name: str, data_dir: Path) -> str:
    """Return the given key, else the one that is kept in DATA_DIR (config/data_dir.py creates it).

    Where there is none, the command needs none that stays: it gets one for itself.
    """
    path = data_dir / "secret_key"
    if is_set(name):
        key = text(name)
    elif os.path.lexists(path):
        name = "DATA_DIR/secret_key"
        key = _secret(name, path)
    else:
        key = secrets.token_urlsafe(64)
    if len(key) < MIN_SECRET_KEY:
        why = "is too short" if key else "is empty"
        raise BadSetting(name, f"{why}: use at least {MIN_SECRET_KEY} random characters")
    return key


def address(name: str, value: str) -> tuple[str, int]:
    """HOST:PORT of a listener."""
    host, _, port = value.rpartition(":")
    host = host.strip("[]")
    try:
        ip_address("127.0.0.1" if host == "localhost" else host)
        if not 0 < int(port) < 65536:
            raise ValueError
    except ValueError:
        raise BadSetting(name, f"must be like 127.0.0.1:8000, not {value!r}") from None
    return ("127.0.0.1" if host == "localhost" else host), int(port)

"""Hosts, public URLs and ratios in settings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from config import env
from config.setting_sources import BadSetting


def hosts(value: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("ALLOWED_HOSTS", value)
    return env.hosts("ALLOWED_HOSTS", ["localhost"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("volumes.example.com, LOCALHOST", ["volumes.example.com", "localhost"]),
        ("127.0.0.1,[::1]", ["127.0.0.1", "[::1]"]),
        ("[0:0::1]", ["[::1]"]),
        ("[2001:DB8::1]", ["[2001:db8::1]"]),
        (".example.com", [".example.com"]),
        ("*", ["*"]),
        ("", ["localhost"]),
    ],
)
def test_hosts_are_names_and_addresses(value, expected, monkeypatch) -> None:
    assert hosts(value, monkeypatch) == expected


NEVER_MATCHES = [
    *(
        "::1",
        "2001:db8::1",
        "volumes.example.com:443",
        "127.0.0.1:8000",
        "[::1]:8000",
        "localhost:",
    ),
    *("[]", "[::1", "::1]", "[127.0.0.1]", "[fe80::1%eth0]", "[::g]", "a,,b", "a,", "my_host", "."),
    *(
        "https://volumes.example.com",
        "a b",
        "a/b",
        "a@b",
        "ü.example",
        "example.com.",
        "*.example.com",
    ),
]


@pytest.mark.parametrize("value", NEVER_MATCHES)
def test_a_host_that_can_never_match_stops_the_start(value, monkeypatch) -> None:
    with pytest.raises(BadSetting, match=r"^holdfast: ALLOWED_HOSTS must be [^\n]+$"):
        hosts(value, monkeypatch)


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("http://[::1]:8102", "[::1]"),
        ("http://[::1]", "[::1]"),
        ("https://volumes.example.com/", "volumes.example.com"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
    ],
)
def test_a_public_address_has_a_host(value, host, monkeypatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)
    assert env.host_of(env.http_url("PUBLIC_URL", "")) == host


@pytest.mark.parametrize(
    "value",
    [
        *("http://::1:8102", "http://[::1", "http://[::g]", "http://[fe80::1%eth0]", "https://"),
        *("http://my_host", "http://ü.example", "ftp://x", "http://x:0", "http://x:99999"),
        *("http://x/y", "http://x?y", "http://u@x", "x", "http://x y"),
    ],
)
def test_an_address_that_cannot_work_stops_the_start(value, monkeypatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)
    with pytest.raises(BadSetting, match=r"^holdfast: PUBLIC_URL must be like [^\n]+$"):
        env.http_url("PUBLIC_URL", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", Decimal(1)), ("1.5", Decimal("1.5")), ("0.000001", Decimal("0.000001")), ("", None)],
)
def test_a_ratio_is_a_number_above_zero(value, expected, monkeypatch) -> None:
    monkeypatch.setenv("STORAGE_OVERCOMMIT", value)
    assert env.optional_ratio("STORAGE_OVERCOMMIT", most=10) == expected


@pytest.mark.parametrize(
    "value", ["0", "0.0", "-1", "11", "1e3", "nan", "inf", "1,5", ".5", "5.", "٣", "many"]
)
def test_a_bad_ratio_stops_the_start(value, monkeypatch) -> None:
    monkeypatch.setenv("STORAGE_OVERCOMMIT", value)
    with pytest.raises(BadSetting, match=r"^holdfast: STORAGE_OVERCOMMIT must be [^\n]+$"):
        env.optional_ratio("STORAGE_OVERCOMMIT", most=10)

"""The address of a client: from its connection, or from the proxies that are trusted."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from config import client_addresses
from config.client_addresses import client_address
from tests.support.people import give_password

PEER = "192.0.2.1"


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """`new_process()` resets the state to that of a process without a logged warning."""

    def begin() -> None:
        monkeypatch.setattr(client_addresses, "_unreadable_entries", itertools.count())

    begin()
    return begin


@pytest.fixture
def behind_a_proxy(settings) -> None:
    settings.TRUSTED_PROXIES = 1


def address(forwarded: str | None, peer: str = PEER) -> str:
    given = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address({"REMOTE_ADDR": peer, **given})


READABLE = {
    "203.0.113.9": "203.0.113.9",
    "203.0.113.9:49297": "203.0.113.9",
    "203.0.113.9:_hidden": "203.0.113.9",
    '"203.0.113.9:80"': "203.0.113.9",
    "  203.0.113.9\t": "203.0.113.9",
    "2001:DB8::0:1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:db8::1]:443": "2001:db8::1",
    '"[2001:db8::1]:443"': "2001:db8::1",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%25eth0]:80": "fe80::1",
    "::ffff:203.0.113.9": "203.0.113.9",
    "[::ffff:203.0.113.9]:80": "203.0.113.9",
    "6.6.6.6, 203.0.113.9": "203.0.113.9",
    "6.6.6.6,unknown,203.0.113.9:1": "203.0.113.9",
    "[, 203.0.113.9": "203.0.113.9",
}
UNREADABLE = [
    *(None, "", " ", ",", "203.0.113.9,", "unknown", "_hidden", "example.com", "256.0.0.1"),
    *("010.0.0.1", "1", "[203.0.113.9", "2001:db8::1]", "[]", "[]:80", '"', '""', "203.0.113.9;"),
    *("203.0.113.9 80", "203.0.113.9:80:90", "2001:db8::g", "\xff", "٣.1.1.1", "1" * 60_000),
]


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize("forwarded", READABLE)
def test_address_is_the_entry_of_the_proxy(forwarded, caplog) -> None:
    assert address(forwarded) == READABLE[forwarded]
    assert not caplog.records


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize("forwarded", UNREADABLE, ids=lambda value: repr(value)[:20])
def test_address_is_the_peers_when_no_entry_is_readable(forwarded) -> None:
    assert address(forwarded) == PEER


@pytest.mark.usefixtures("behind_a_proxy")
def test_unreadable_entries_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for forwarded in (None, "unknown" * 1000, "_hidden"):
        address(forwarded)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message == "forwarded_address_unreadable"
    assert "TRUSTED_PROXIES" in record.__dict__["hint"]


@pytest.mark.usefixtures("behind_a_proxy")
def test_workers_of_a_server_log_one_warning_together(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    new_process: Callable[[], None],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for _ in range(2):
        new_process()
        assert address(None) == PEER
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("6.6.6.6, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        ("203.0.113.9, 198.51.100.1:80", "203.0.113.9"),
        ("203.0.113.9", PEER),
        ("unknown, 198.51.100.1", PEER),
    ],
)
def test_address_is_the_entry_of_the_outermost_proxy(
    settings, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = 2
    assert address(forwarded) == expected


def test_header_is_ignored_when_no_proxy_is_trusted(caplog) -> None:
    assert address("203.0.113.9") == PEER
    assert address("unknown") == PEER
    assert not caplog.records


@pytest.mark.parametrize("peer", ["::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1%eth0"])
def test_ipv4_mapped_addresses_become_ipv4(peer: str) -> None:
    assert address(None, peer) == PEER


@pytest.mark.django_db
@pytest.mark.usefixtures("behind_a_proxy")
def test_addresses_with_ports_share_no_throttle(dora) -> None:
    for number in range(103):
        headers = {"X-Forwarded-For": f"203.0.113.{number + 1}:4711"}
        Client(headers=headers).post("/login", {"username": f"x{number}", "password": "no"})
    answer = give_password(Client(headers={"X-Forwarded-For": "198.51.100.7:1"}), dora)
    assert answer.status_code == 302

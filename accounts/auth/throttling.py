"""Guessing made slow: failures counted by account and address, never for longer than five minutes.

A stranger fills the bucket of their own address and account together (10) long before the one of
the account from anywhere (50), so nobody is locked out by one stranger elsewhere. Many strangers
fill that too: so a browser in which the person logged in before has one of its own (10), and no other.
"""

from __future__ import annotations

import math
import time
import unicodedata
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.utils.crypto import salted_hmac
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from accounts.auth.throttle_storage import DatabaseStorage
from accounts.errors import Throttled

MINUTES = 5


@dataclass(frozen=True, slots=True)
class Throttle:
    """What one account at one address does. Kinds are apart: a right password forgives no code."""

    kind: str
    account: str
    address: str | None
    browser: str | None = None
    """The id of a browser in which the person of the account logged in before (known_browsers)."""

    def check(self) -> None:
        """Raises Throttled while one of the buckets is full."""
        limiter = _limiter()
        for limit, key in self._buckets():
            if not limiter.test(limit, key):
                ends = limiter.get_window_stats(limit, key).reset_time
                raise Throttled(min(max(math.ceil(ends - time.time()), 1), MINUTES * 60))

    def take(self) -> None:
        """Count one try, whatever comes of it. Raises Throttled where a bucket was full.

        Counting and looking are one step, so that a burst of tries cannot pass together.
        """
        self.check()
        for limit, key in self._buckets():
            if not _limiter().hit(limit, key):
                self.check()

    def failed(self) -> None:
        for limit, key in self._buckets():
            _limiter().hit(limit, key)

    def succeeded(self) -> None:
        """What this account failed at this address no longer counts."""
        limit, key = self._buckets()[0]
        _limiter().clear(limit, key)

    def _buckets(self) -> list[tuple[RateLimitItem, str]]:
        # Always in this order, which is the order of the rows' locks.
        person, place = _person(self.account), _client_network(self.address)
        if self.browser is not None:
            return [(_window("browser", 10), _key(self.kind, person, "browser", self.browser))]
        return [
            (_window("both", 10), _key(self.kind, person, place)),
            (_window("account", 50), _key(self.kind, person)),
            (_window("address", 100), _key(self.kind, place)),
        ]


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(DatabaseStorage())


@cache
def _window(name: str, failures: int) -> RateLimitItem:
    return RateLimitItemPerMinute(failures, MINUTES, namespace=name)


def password_throttle(account: str, address: str | None, browser: str | None = None) -> Throttle:
    return Throttle("password", account, address, browser)


def code_throttle(account: str, address: str | None, browser: str | None = None) -> Throttle:
    return Throttle("code", account, address, browser)


def lookup_throttle(account: str, address: str | None) -> Throttle:
    return Throttle("lookup", account, address)


def _person(account: str) -> str:
    return unicodedata.normalize("NFKC", account).casefold()


def _client_network(address: str | None) -> str:
    """An IPv6 subscriber has a whole /64 to choose addresses from, so all of it counts as one."""
    ip = ip_address(address) if address else None
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)


def _key(*parts: str) -> str:
    # Keyed, not only hashed: people type their password into the wrong field.
    return salted_hmac("accounts.auth.throttling", "\0".join(parts), algorithm="sha256").hexdigest()

"""Throttles against guessing: failures are counted by account and address, in windows of 5 minutes.

A single attacker fills the bucket of account and address (10) long before that of the account (50), so
they cannot lock the owner out from another address. Many attackers can fill the account's bucket.
Therefore a browser in which the person has logged in before has a bucket of its own (10) and no other.
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
from prometheus_client import Counter

from accounts.auth.throttle_storage import DatabaseStorage
from config.errors import Throttled

MINUTES = 5
LOGIN_FAILURES = Counter(
    "holdfast_login_failures_total",
    "Wrong passwords, and wrong codes of the second factor",
    ["step"],
)
for step in ("password", "code"):
    LOGIN_FAILURES.labels(step)  # begins at 0, so that the first failure is an increase


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts the failures of one kind, of one account at one address.

    Each kind has its own buckets: a right password does not reset the count of wrong codes.
    """

    kind: str
    account: str
    address: str | None
    browser: str | None = None
    """The id of a browser in which the account's person has logged in before (see known_browsers)."""

    def check(self) -> None:
        """Raise Throttled if one of the buckets is full."""
        limiter = _limiter()
        for limit, key in self._buckets():
            if not limiter.test(limit, key):
                ends = limiter.get_window_stats(limit, key).reset_time
                raise Throttled(min(max(math.ceil(ends - time.time()), 1), MINUTES * 60))

    def take(self) -> None:
        """Count one attempt, whatever its result. Raises Throttled if a bucket was full.

        Check and count are one step, so that a burst of attempts cannot pass together.
        """
        self.check()
        for limit, key in self._buckets():
            if not _limiter().hit(limit, key):
                self.check()

    def failed(self) -> None:
        """Count a failure."""
        LOGIN_FAILURES.labels(self.kind).inc()
        for limit, key in self._buckets():
            _limiter().hit(limit, key)

    def succeeded(self) -> None:
        """Reset the count of this account at this address. The other buckets keep theirs."""
        limit, key = self._buckets()[0]
        _limiter().clear(limit, key)

    def _buckets(self) -> list[tuple[RateLimitItem, str]]:
        # Rows are locked in this order, so that it must be the same for all.
        account, network = _normalized(self.account), _client_network(self.address)
        if self.browser is not None:
            return [(_window("browser", 10), _key(self.kind, account, "browser", self.browser))]
        return [
            (_window("both", 10), _key(self.kind, account, network)),
            (_window("account", 50), _key(self.kind, account)),
            (_window("address", 100), _key(self.kind, network)),
        ]


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(DatabaseStorage())


@cache
def _window(name: str, failures: int) -> RateLimitItem:
    return RateLimitItemPerMinute(failures, MINUTES, namespace=name)


def password_throttle(account: str, address: str | None, browser: str | None = None) -> Throttle:
    """Return the throttle of wrong passwords."""
    return Throttle("password", account, address, browser)


def code_throttle(account: str, address: str | None, browser: str | None = None) -> Throttle:
    """Return the throttle of wrong codes of the second factor."""
    return Throttle("code", account, address, browser)


def lookup_throttle(account: str, address: str | None) -> Throttle:
    """Return the throttle of operations that reveal whether a username exists."""
    return Throttle("lookup", account, address)


def _normalized(account: str) -> str:
    return unicodedata.normalize("NFKC", account).casefold()


def _client_network(address: str | None) -> str:
    """Return the address, or its /64 for IPv6: a subscriber can choose any address of a /64."""
    ip = ip_address(address) if address else None
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)


def _key(*parts: str) -> str:
    # An HMAC, not a plain hash: the name may be a password typed into the wrong field.
    return salted_hmac("accounts.auth.throttling", "\0".join(parts), algorithm="sha256").hexdigest()

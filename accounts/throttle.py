"""Guessing made slow: failures counted by account and address, never for longer than five minutes.

A stranger fills the bucket of their own address and account together (10) long before the one of
the account from anywhere (50), so nobody is locked out by one stranger elsewhere.
"""

import math
import time
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.utils.crypto import salted_hmac
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from accounts.errors import Throttled
from accounts.failures import DatabaseStorage

MINUTES = 5
ACCOUNT_AT_ADDRESS = RateLimitItemPerMinute(10, MINUTES, namespace="both")
ACCOUNT = RateLimitItemPerMinute(50, MINUTES, namespace="account")
ADDRESS = RateLimitItemPerMinute(100, MINUTES, namespace="address")

limiter = FixedWindowRateLimiter(DatabaseStorage())


@dataclass(frozen=True, slots=True)
class Tries:
    """What one account at one address does. Kinds are apart: a right password forgives no code."""

    kind: str
    account: str
    address: str | None

    def check(self) -> None:
        """Raises Throttled while one of the buckets is full."""
        for limit, key in self._buckets():
            if not limiter.test(limit, key):
                ends = limiter.get_window_stats(limit, key).reset_time
                raise Throttled(min(max(math.ceil(ends - time.time()), 1), MINUTES * 60))

    def failed(self) -> None:
        for limit, key in self._buckets():
            limiter.hit(limit, key)

    def succeeded(self) -> None:
        """What this account failed at this address no longer counts."""
        limit, key = self._buckets()[0]
        limiter.clear(limit, key)

    def _buckets(self) -> list[tuple[RateLimitItem, str]]:
        # Always in this order, which is the order of the rows' locks.
        person, place = _person(self.account), _place(self.address)
        return [
            (ACCOUNT_AT_ADDRESS, _key(self.kind, person, place)),
            (ACCOUNT, _key(self.kind, person)),
            (ADDRESS, _key(self.kind, place)),
        ]


def passwords(account: str, address: str | None) -> Tries:
    return Tries("password", account, address)


def codes(account: str, address: str | None) -> Tries:
    return Tries("code", account, address)


def lookups(account: str, address: str | None) -> Tries:
    return Tries("lookup", account, address)


def _person(account: str) -> str:
    return unicodedata.normalize("NFKC", account).casefold()


def _place(address: str | None) -> str:
    """An IPv6 subscriber has a whole /64 to choose addresses from, so all of it counts as one."""
    ip = ip_address(address) if address else None
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)


def _key(*parts: str) -> str:
    # Keyed, not only hashed: people type their password into the wrong field.
    return salted_hmac("accounts.throttle", "\0".join(parts), algorithm="sha256").hexdigest()

"""A quota that clients share, with a maximum for each address."""

from __future__ import annotations

from threading import Lock


class AddressQuota:
    """Counts the amount in use. No address can use more than its share, so none can use everything."""

    def __init__(self, *, total: int, per_address: int) -> None:
        self._total = total
        self._per_address = per_address
        self._taken: dict[str, int] = {}
        self._lock = Lock()
        self.used = 0

    def acquire(self, address: str, amount: int = 1) -> bool:
        """Return whether the amount was free. If so, it is in use until `release`."""
        with self._lock:
            taken = self._taken.get(address, 0) + amount
            if taken > self._per_address or self.used + amount > self._total:
                return False
            self._taken[address] = taken
            self.used += amount
            return True

    def release(self, address: str, amount: int = 1) -> None:
        with self._lock:
            self.used -= amount
            self._taken[address] -= amount
            if not self._taken[address]:
                del self._taken[address]

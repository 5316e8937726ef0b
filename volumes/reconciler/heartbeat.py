"""Renew the leases of long steps: one thread for all leases of a process."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

from config import limits
from config.faultpoints import faultpoint
from volumes.models.base import Reconciled
from volumes.reconciler.targets import TARGETS

log = logging.getLogger("holdfast.reconciler")

RENEW_INTERVAL = limits.LEASE.total_seconds() / 4  # seconds

_leases: dict[tuple[type[Reconciled], uuid.UUID], uuid.UUID] = {}
"""The owner of each renewed lease, by row."""
_changed = threading.Condition()
_thread: threading.Thread | None = None


def start_renewing(rows: Iterable[Reconciled]) -> None:
    """Renew the leases of these rows from now on."""
    global _thread
    with _changed:
        if not _leases:  # else the thread does not wait for any
            if _thread is None or not _thread.is_alive():
                _thread = threading.Thread(target=_renew_forever, name="lease-keeper", daemon=True)
                _thread.start()
            _changed.notify()
        for row in rows:
            assert row.lease_owner is not None
            _leases[type(row), row.pk] = row.lease_owner
    faultpoint("step:claimed")


def stop_renewing(rows: Iterable[Reconciled]) -> None:
    """Renew the leases of these rows no longer: they expire after their time."""
    with _changed:
        for row in rows:
            # After a lost lease, this process may have claimed the row again: renew that new lease on.
            if _leases.get((type(row), row.pk)) == row.lease_owner:
                del _leases[type(row), row.pk]


@contextmanager
def renewing(row: Reconciled) -> Iterator[None]:
    """Renew the row's lease during the block."""
    start_renewing([row])
    try:
        yield
    finally:
        stop_renewing([row])


def _renew_forever() -> None:
    while True:
        with _changed:
            _changed.wait_for(lambda: bool(_leases))
        # Most steps end before the first renewal.
        threading.Event().wait(RENEW_INTERVAL)
        try:
            _renew()
        except Error as error:
            log.warning("lease_renewal_failed", extra={"cause": str(error)})
        finally:
            connection.close()


def _renew() -> None:
    leases: dict[type[Reconciled], dict[uuid.UUID, uuid.UUID]] = defaultdict(dict)
    with _changed:
        for (model, pk), owner in _leases.items():
            leases[model][pk] = owner
    for target in TARGETS:
        if owners := leases[target.rows.model]:
            target.rows.renew(owners)

"""Keeping leases alive while long steps work: one thread for all the leases of a process."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

from config.faultpoints import faultpoint
from volumes.models import Snapshot, Volume
from volumes.models.querysets import LEASE

log = logging.getLogger("holdfast.reconciler")

RENEW_EVERY = LEASE.total_seconds() / 4

LeasedRow = Volume | Snapshot

_held: dict[tuple[type[LeasedRow], uuid.UUID], uuid.UUID] = {}
"""The owner of each lease, by its row."""
_changed = threading.Condition()
_keeper: threading.Thread | None = None


def start_renewing(rows: Iterable[LeasedRow]) -> None:
    """From now on these rows' leases are renewed."""
    global _keeper
    with _changed:
        for row in rows:
            assert row.lease_owner is not None
            _held[type(row), row.pk] = row.lease_owner
        if _keeper is None or not _keeper.is_alive():
            _keeper = threading.Thread(target=_keep_renewing, name="lease-keeper", daemon=True)
            _keeper.start()
        _changed.notify()
    faultpoint("step:claimed")


def stop_renewing(rows: Iterable[LeasedRow]) -> None:
    """No longer: what still has a lease loses it when its time is over."""
    with _changed:
        for row in rows:
            # A zombie's row may be claimed anew by this very process: that lease is held on.
            if _held.get((type(row), row.pk)) == row.lease_owner:
                del _held[type(row), row.pk]


@contextmanager
def renewing(row: LeasedRow) -> Iterator[None]:
    """While inside, the row's lease is renewed."""
    start_renewing([row])
    try:
        yield
    finally:
        stop_renewing([row])


def _keep_renewing() -> None:
    while True:
        with _changed:
            _changed.wait_for(lambda: bool(_held))
        # Most steps are over within a moment: only what lasts is renewed.
        threading.Event().wait(RENEW_EVERY)
        try:
            _renew()
        except Error as error:
            log.warning("the leases could not be renewed: %s", error)
        finally:
            connection.close()


def _renew() -> None:
    leases: dict[type[LeasedRow], dict[uuid.UUID, uuid.UUID]] = defaultdict(dict)
    with _changed:
        for (model, pk), owner in _held.items():
            leases[model][pk] = owner
    for model, owners in leases.items():
        model._default_manager.renew(owners)

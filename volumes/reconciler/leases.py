"""Keeping leases alive while long steps work: one thread for all the leases of a process."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

from volumes.models import Snapshot, Volume
from volumes.querysets import LEASE

log = logging.getLogger("holdfast.reconciler")

RENEW_EVERY = LEASE.total_seconds() / 4

_held: dict[uuid.UUID, Volume | Snapshot] = {}
_changed = threading.Condition()
_keeper: threading.Thread | None = None


@contextmanager
def kept(row: Volume | Snapshot) -> Iterator[None]:
    """While inside, the row's lease is renewed."""
    global _keeper
    owner = row.lease_owner
    assert owner is not None
    with _changed:
        _held[owner] = row
        if _keeper is None or not _keeper.is_alive():
            _keeper = threading.Thread(target=_keep, name="lease-keeper", daemon=True)
            _keeper.start()
        _changed.notify()
    try:
        yield
    finally:
        with _changed:
            del _held[owner]


def _keep() -> None:
    while True:
        with _changed:
            _changed.wait_for(lambda: bool(_held))
        # Most steps are over within a moment: only what lasts is renewed.
        threading.Event().wait(RENEW_EVERY)
        with _changed:
            rows = list(_held.items())
        for owner, row in rows:
            try:
                type(row)._default_manager.renew(row.pk, owner)
            except Error as error:
                log.warning("a lease could not be renewed: %s", error)
        if rows:
            connection.close()

"""Look at what the storage is and can do, and keep it in one row: no request asks the storage."""

from __future__ import annotations

import logging
from decimal import Decimal
from threading import Event

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import Now

from accounts.models import Company
from config import limits
from volumes.backends import Backend, BackendError, Capabilities, Capacity
from volumes.backends.base import LimitMode
from volumes.backends.texts import cut
from volumes.models import StorageState
from volumes.reconciler.availability import StorageQuestion
from volumes.storage import storage

log = logging.getLogger("holdfast.storage")

MIB = 2**20


def watch_storage(_: Event) -> None:
    """Run the periodic job: look once in STORAGE_LOOK_INTERVAL, in the first process that claims it."""
    StorageState.objects.get_or_create(number=1)
    is_old = Q(looked_at__isnull=True) | Q(looked_at__lte=Now() - limits.STORAGE_LOOK_INTERVAL)
    if StorageState.objects.filter(is_old).update(looked_at=Now()):
        refresh_storage_facts()


def refresh_storage_facts() -> None:
    """Look at the storage now. What cannot be seen stays as it was last seen, with the reason."""
    try:
        capacity, capabilities = _question.answer(storage())
    except BackendError as error:
        log.warning("storage_not_seen", extra={"cause": error.detail})
        _record_unseen(error.detail)
    else:
        _record(capacity, capabilities)


def _ask(backend: Backend) -> tuple[Capacity, Capabilities]:
    return backend.capacity(), backend.capabilities()


_question = StorageQuestion(_ask)


def _record_unseen(reason: str) -> None:
    StorageState.objects.get_or_create(number=1)
    StorageState.objects.update(looked_at=Now(), unseen_reason=cut(reason, 2000))


@transaction.atomic
def _record(capacity: Capacity, capabilities: Capabilities) -> None:
    StorageState.objects.get_or_create(number=1)
    # Whoever adds to `promised` holds this lock until the commit. So the sum below, which is read after
    # it was taken, has what those before added to the companies, and nothing of those who wait.
    state = StorageState.objects.select_for_update(no_key=True).get(number=1)
    sums = Company.objects.aggregate(promised=Sum("storage_used"))
    StorageState.objects.update(
        looked_at=Now(),
        seen_at=Now(),
        unseen_reason="",
        total_bytes=capacity.total,
        free_bytes=capacity.free,
        enforces_sizes=capabilities.enforces_sizes,
        no_enforcement_reason=cut(capabilities.no_enforcement_reason, 2000),
        has_instant_snapshots=capabilities.instant_snapshots,
        no_instant_snapshots_reason=cut(capabilities.no_instant_snapshots_reason, 2000),
        promise_limit=_promise_limit(capacity, capabilities),
        promised=sums["promised"] or 0,
        **_enforcement_change(state, capabilities),
    )


def _promise_limit(capacity: Capacity, capabilities: Capabilities) -> int | None:
    """Return how many MB may be promised; None for no rule."""
    ratio = settings.STORAGE_OVERCOMMIT
    if ratio is None and capabilities.enforces_sizes:
        ratio = Decimal(1)
    return None if ratio is None else int(capacity.total * ratio) // MIB


def _enforcement_change(state: StorageState, capabilities: Capabilities) -> dict[str, object]:
    """Return the columns to write when enforcement of sizes stops or resumes; {} otherwise.

    An operator who switches enforcement off with STORAGE_LIMITS needs no alarm.
    """
    is_expected = capabilities.enforces_sizes or settings.STORAGE_LIMITS == LimitMode.OFF
    if state.enforcement_lost_since is None:
        if is_expected or not state.enforces_sizes:
            return {}
        cause = capabilities.no_enforcement_reason
        log.warning("size_enforcement_lost", extra={"cause": cause})
        return {"enforcement_lost_since": Now()}
    if is_expected:
        log.info("size_enforcement_restored")
        return {"enforcement_lost_since": None}
    return {}

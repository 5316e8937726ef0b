"""What the storage is and can do is kept in one row, and looked at once a minute."""

from __future__ import annotations

from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.models import Company
from config import limits
from tests.support.storage import Fallible
from volumes.models import StorageState
from volumes.reconciler.storage_facts import refresh_storage_facts, watch_storage

MIB = 2**20


@pytest.fixture
def limited(memory: Fallible) -> Fallible:
    """A storage of 1,000 MB that enforces sizes, and was seen."""
    memory.total, memory.enforces_sizes = 1000 * MIB, True
    refresh_storage_facts()
    return memory


def test_capacity_and_capabilities_are_kept(memory: Fallible) -> None:
    memory.total, memory.used = 1000 * MIB, {"one": 400 * MIB}
    refresh_storage_facts()
    state = StorageState.objects.get()
    assert (state.total_bytes, state.free_bytes, state.used_bytes) == (
        1000 * MIB,
        600 * MIB,
        400 * MIB,
    )
    assert (state.enforces_sizes, state.has_instant_snapshots) == (False, True)
    assert "STORAGE_BACKEND=directory" in state.no_enforcement_reason
    assert state.seen_at is not None


def test_facts_that_cannot_be_read_are_kept_with_the_reason(limited: Fallible) -> None:
    before = StorageState.objects.get()
    limited.unmount()
    refresh_storage_facts()
    state = StorageState.objects.get()
    assert "init_storage" in state.unseen_reason
    assert (state.total_bytes, state.seen_at) == (before.total_bytes, before.seen_at)
    assert (state.enforces_sizes, state.promise_limit) == (True, 1000)
    assert state.enforcement_lost_since is None
    limited.mount()
    refresh_storage_facts()
    assert StorageState.objects.get().unseen_reason == ""


def test_one_process_looks_once_a_minute(memory: Fallible) -> None:
    watch_storage(Event())
    memory.total = 5 * MIB
    watch_storage(Event())
    assert StorageState.objects.get().total_bytes == 2**50
    StorageState.objects.update(looked_at=Now() - limits.STORAGE_LOOK_INTERVAL)
    watch_storage(Event())
    assert StorageState.objects.get().total_bytes == 5 * MIB


def test_a_look_that_is_not_due_writes_nothing(
    memory: Fallible, django_assert_num_queries: Any
) -> None:
    watch_storage(Event())
    with django_assert_num_queries(2):
        watch_storage(Event())


@pytest.mark.parametrize(
    ("ratio", "is_enforcing", "limit"),
    [
        (None, True, 1000),
        (None, False, None),
        (Decimal("1.5"), True, 1500),
        (Decimal("0.25"), False, 250),
    ],
)
def test_the_limit_of_promises_follows_settings_and_capabilities(
    memory: Fallible, settings: Any, ratio: Decimal | None, is_enforcing: bool, limit: int | None
) -> None:
    settings.STORAGE_OVERCOMMIT = ratio
    memory.total, memory.enforces_sizes = 1000 * MIB, is_enforcing
    refresh_storage_facts()
    assert StorageState.objects.get().promise_limit == limit


def test_each_check_recounts_the_promised_space(limited: Fallible, company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(storage_used=70)
    refresh_storage_facts()
    assert StorageState.objects.get().promised == 70


def test_sizes_that_are_no_longer_enforced_raise_an_alarm_once(
    limited: Fallible, caplog: pytest.LogCaptureFixture
) -> None:
    limited.enforces_sizes = False
    refresh_storage_facts()
    since = StorageState.objects.get().enforcement_lost_since
    assert since is not None
    refresh_storage_facts()
    assert StorageState.objects.get().enforcement_lost_since == since
    assert caplog.messages.count("size_enforcement_lost") == 1
    limited.enforces_sizes = True
    refresh_storage_facts()
    assert StorageState.objects.get().enforcement_lost_since is None


def test_sizes_that_were_never_enforced_raise_no_alarm(memory: Fallible) -> None:
    refresh_storage_facts()
    refresh_storage_facts()
    assert StorageState.objects.get().enforcement_lost_since is None


def test_switching_limits_off_raises_no_alarm(limited: Fallible, settings: Any) -> None:
    limited.enforces_sizes = False
    refresh_storage_facts()
    settings.STORAGE_LIMITS = "off"
    refresh_storage_facts()
    assert StorageState.objects.get().enforcement_lost_since is None

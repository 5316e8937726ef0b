"""A process that is frozen with locks in its hand, as a virtual machine that is paused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from tests.support.api import Api
from volumes.models import Environment
from volumes.services.locking import lock_environment

LONG = 40.0
"""Seconds: twice as long as it may keep its locks."""


def freeze(environment: Environment, has_locks: Event, thaw: Event) -> None:
    try:
        with transaction.atomic():
            lock_environment(environment)
            has_locks.set()
            thaw.wait(LONG)
            Environment.objects.update(name="too late")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_frozen_process_that_holds_locks_loses_them_with_its_transaction(
    api: Callable[..., Api], alice: User, environment: Environment
) -> None:
    has_locks, thaw = Event(), Event()
    with ThreadPoolExecutor(1) as beside:
        frozen = beside.submit(freeze, environment, has_locks, thaw)
        assert has_locks.wait(LONG)
        answer = api(alice).post(f"/{environment.pk}/volume", {"name": "app-data", "size": 1})
        thaw.set()
        with pytest.raises(OperationalError):
            frozen.result()
    assert answer.status_code == 201
    environment.refresh_from_db()
    assert environment.name == "production"

"""The console as people see it: logged-in browsers without script, and volumes to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.callers import Caller
from accounts.models import User
from tests.support.people import log_in
from tests.support.storage import Fallible
from volumes.models import Environment, Snapshot, Volume
from volumes.services.creation import create_volume
from volumes.services.snapshots import take_snapshot
from volumes.specs.snapshot import SnapshotSpec
from volumes.specs.volume import parse_volume


@pytest.fixture
def browser() -> Callable[[User], Client]:
    """`browser(alice)` is hers, logged in."""
    return lambda person: log_in(Client(), person)


@pytest.fixture
def alices(browser: Callable[[User], Client], alice: User) -> Client:
    return browser(alice)


@pytest.fixture
def erins(browser: Callable[[User], Client], erin: User) -> Client:
    return browser(erin)


@pytest.fixture
def bobs(browser: Callable[[User], Client], bob: User) -> Client:
    return browser(bob)


@pytest.fixture
def charlies(browser: Callable[[User], Client], charlie: User) -> Client:
    return browser(charlie)


@pytest.fixture
def here(environment: Environment) -> str:
    """The address of the environment."""
    return f"/env/{environment.pk}"


@pytest.fixture
def make(memory: Fallible, environment: Environment, alice: User) -> Callable[..., Volume]:
    """`make("uploads", size=5)` is a volume as Alice made it."""

    def create(name: str, *, size: int = 100, **fields: Any) -> Volume:
        volume, _ = create_volume(
            environment=environment,
            spec=parse_volume({"name": name, "size": size, **fields}, new=True),
            snapshots=Snapshot.objects.none(),
            actor=Caller(user=alice, token=None, ip=None).actor,
        )
        return Volume.objects.get(pk=volume.pk)

    return create


@pytest.fixture
def volume(make: Callable[..., Volume]) -> Volume:
    return make("uploads")


@pytest.fixture
def there(here: str, volume: Volume) -> str:
    """The address of the volume."""
    return f"{here}/v/{volume.pk}"


@pytest.fixture
def snapshot(alice: User, environment: Environment, volume: Volume) -> Snapshot:
    made, _ = take_snapshot(
        environment=environment,
        volume_id=volume.pk,
        spec=SnapshotSpec(name="before-upgrade"),
        actor=Caller(user=alice, token=None, ip=None).actor,
    )
    return Snapshot.objects.get(pk=made.pk)

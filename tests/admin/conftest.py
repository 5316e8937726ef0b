"""An operator at the admin, who is no member of any company, and volumes to look after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.callers import SYSTEM
from accounts.models import User
from tests.factories import UserFactory, give_second_factor
from tests.support.people import log_in
from tests.support.storage import Fallible
from volumes.models import Application, Environment, Snapshot, Volume
from volumes.services.attachments import attach
from volumes.services.creation import create_volume
from volumes.services.snapshots import take_snapshot
from volumes.specs.attachment import AttachmentSpec
from volumes.specs.snapshot import SnapshotSpec
from volumes.specs.volume import parse_volume

Json = dict[str, Any]


@pytest.fixture
def olga(db: None) -> User:
    """Operates the installation; belongs to no company."""
    olga = UserFactory.create(username="olga", is_staff=True, is_superuser=True)
    give_second_factor(olga)
    return olga


@pytest.fixture
def desk(olga: User) -> Client:
    """The operator's browser."""
    return log_in(Client(), olga)


@pytest.fixture
def make(memory: Fallible, environment: Environment) -> Callable[..., Volume]:
    """`make("uploads", size=5)` is a volume as a command made it."""

    def create(name: str, *, size: int = 100, **fields: Any) -> Volume:
        volume, _ = create_volume(
            environment=environment,
            spec=parse_volume({"name": name, "size": size, **fields}, new=True),
            snapshots=Snapshot.objects.none(),
            actor=SYSTEM,
        )
        return Volume.objects.get(pk=volume.pk)

    return create


@pytest.fixture
def volume(make: Callable[..., Volume]) -> Volume:
    return make("uploads")


@pytest.fixture
def attached(volume: Volume, web: Application) -> Volume:
    spec = AttachmentSpec(application_id=web.pk)
    attach(environment=volume.environment, volume_id=volume.pk, spec=spec, actor=SYSTEM)
    return volume


@pytest.fixture
def snapshot(volume: Volume) -> Snapshot:
    spec = SnapshotSpec(name="before-upgrade")
    taken, _ = take_snapshot(
        environment=volume.environment, volume_id=volume.pk, spec=spec, actor=SYSTEM
    )
    return taken


@pytest.fixture
def form_of() -> Callable[..., Json]:
    """What the browser sends for a volume's form, as it was loaded and then changed."""

    def filled(volume: Volume, **changes: Any) -> Json:
        volume.refresh_from_db()
        values = {
            "name": volume.name,
            "size": f"{volume.size}MB",
            "mount_path": volume.mount_path,
            "description": volume.description,
            "labels": "",
            "version": volume.version,
        }
        return values | ({"protected": "on"} if volume.protected else {}) | changes

    return filled

"""Volumes with a past: made through the services, with a month of samples written into it."""

from __future__ import annotations

import math
import random
import shutil
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.callers import Actor
from accounts.models import Company, User
from volumes.models import Environment, Snapshot, UsageSample, Volume
from volumes.services.applications import create_application
from volumes.services.creation import create_volume
from volumes.services.snapshots import take_snapshot
from volumes.services.volumes import update_volume
from volumes.specs.application import ApplicationSpec
from volumes.specs.snapshot import SnapshotSpec
from volumes.specs.volume import VolumeSpec, parse_volume
from volumes.storage import storage

GB = 1024
TB = 1024 * GB
VOLUMES: list[dict[str, Any]] = [
    {"name": "postgres-data", "size": 10 * GB, "used": 0.81, "path": "/var/lib/postgresql/data",
     "apps": ["api", "worker"], "labels": {"tier": "database", "backup": "nightly"}, "hours": 2,
     "growing": True, "description": "The primary's data directory."},
    {"name": "uploads", "size": 250 * GB, "used": 0.46, "path": "/app/uploads",
     "apps": ["web", "api", "thumbs"], "labels": {"tier": "files"}, "hours": 27},
    {"name": "search-index", "size": 60 * GB, "used": 0.63, "apps": ["search"], "hours": 5},
    {"name": "redis-aof", "size": 4 * GB, "used": 0.22, "apps": ["queue"], "hours": 75},
    {"name": "logs", "size": 20 * GB, "used": 0.95, "path": "/var/log/app",
     "apps": ["web", "api", "worker"], "growing": True, "hours": 11},
    {"name": "ml-models", "size": 200 * GB, "used": 0.38, "path": "/models", "hours": 61 * 24},
    {"name": "letsencrypt", "size": 1 * GB, "used": 0.01, "path": "/etc/letsencrypt",
     "apps": ["proxy"], "missing": True, "hours": 8},
]  # fmt: skip
APPLICATIONS = ["api", "web", "worker", "thumbs", "search", "queue", "proxy"]


def fill(environment: Environment, person: User) -> None:
    """Applications, volumes with a month of samples, snapshots, one volume whose data is gone."""
    actor = Actor(by=person.ref, via="session", ip="192.0.2.7")
    apps = {
        name: create_application(
            environment=environment, spec=ApplicationSpec(name=name), actor=actor
        )
        for name in APPLICATIONS
    }
    for spec in VOLUMES:
        body = {
            "name": spec["name"],
            "size": spec["size"] // 2,
            "mountPath": spec.get("path", f"/data/{spec['name']}"),
            "labels": spec.get("labels", {}),
            "description": spec.get("description", ""),
            "attachedAppsRefs": [apps[name].ref for name in spec.get("apps", [])],
        }
        nobodys = Snapshot.objects.none()
        volume, _ = create_volume(
            environment=environment,
            spec=parse_volume(body, new=True),
            snapshots=nobodys,
            actor=actor,
        )
        grown = VolumeSpec(size=spec["size"])
        update_volume(environment=environment, volume_id=volume.pk, spec=grown, actor=actor)
    protect_and_copy(environment, actor)
    for spec in VOLUMES:
        measure(environment.volumes.get(name=spec["name"]), spec)


def measure(volume: Volume, spec: dict[str, Any]) -> None:
    now, size = timezone.now(), spec["size"]
    luck = random.Random(spec["name"])
    for day in range(30, -1, -1):
        past = day / 30 * (0.6 if spec.get("growing") else 0.03)
        used = size * (spec["used"] * (1 - past) + luck.uniform(-0.004, 0.004))
        used_size = max(1, math.ceil(used if day else size * spec["used"]))
        at = now - timedelta(days=day)
        UsageSample.objects.create(volume=volume, at=at, used_size=used_size, size=size)
    then = now - timedelta(hours=spec["hours"])
    made = now - timedelta(days=90)
    Volume.objects.filter(pk=volume.pk).update(
        used_size=math.ceil(size * spec["used"]),
        used_size_at=now,
        created_at=made,
        modified_at=then,
        detached_at=then,
    )
    if spec.get("missing"):
        shutil.rmtree(storage().source(str(volume.pk)))


def protect_and_copy(environment: Environment, actor: Actor) -> None:
    postgres = environment.volumes.get(name="postgres-data")
    protected = VolumeSpec(protected=True)
    update_volume(environment=environment, volume_id=postgres.pk, spec=protected, actor=actor)
    for name in ("before-16", "before-17", "nightly"):
        take_snapshot(
            environment=environment,
            volume_id=postgres.pk,
            spec=SnapshotSpec(name=name),
            actor=actor,
        )


def many(environment: Environment, person: User, number: int) -> None:
    """For pages that must cope with them."""
    made = Volume.objects.bulk_create(
        Volume(
            environment=environment,
            name=f"volume-{place:05d}",
            size=10 * GB,
            provisioned_size=10 * GB,
            used_size=place * 10 * GB // number,
            used_size_at=timezone.now(),
            detached_at=timezone.now(),
            mount_path=f"/data/volume-{place:05d}",
            status="ready",
            created_by=person.ref,
            modified_by=person.ref,
        )
        for place in range(number)
    )
    then = timezone.now() - timedelta(days=30)
    UsageSample.objects.bulk_create(
        UsageSample(volume=volume, at=then, used_size=place * 9 * GB // number, size=volume.size)
        for place, volume in enumerate(made)
    )
    for volume in made:
        storage().create(str(volume.pk), volume.size)
    Environment.objects.filter(pk=environment.pk).update(storage_used=number * 10 * GB)
    Company.objects.filter(pk=environment.company_id).update(storage_used=number * 10 * GB)

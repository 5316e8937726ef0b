"""The company's environments, and what the addresses of its pages are made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.callers import Actor
from accounts.models import Company, Invitation, Membership, Revision, Token, User
from tests.browser.demo.people import LONGEST
from tests.browser.demo.volumes import GB, TB, fill, many
from volumes.models import Attachment, Environment, Snapshot, StorageScan, Volume
from volumes.reconciler.loop import run_once
from volumes.services.applications import create_application
from volumes.services.creation import create_volume
from volumes.services.environments import create_environment, update_environment
from volumes.services.snapshots import take_snapshot
from volumes.services.volumes import delete_volume
from volumes.specs.application import ApplicationSpec
from volumes.specs.environment import parse_environment
from volumes.specs.snapshot import SnapshotSpec
from volumes.specs.volume import parse_volume

Names = dict[str, str]


def furnish(environment: Environment, person: User, actor: Actor) -> None:
    """Production as it is, an archive of 500, one with the longest names, and one with nothing."""
    spec = parse_environment({"resourceQuota": {"storage": TB}})
    update_environment(environment=environment, spec=spec, actor=actor)
    fill(environment, person)
    company = environment.company
    many(_environment(company, "archive", 6 * TB, actor), person, 500)
    _stretch(_environment(company, LONGEST, 10 * GB, actor), actor)
    _environment(company, "sandbox", None, actor)
    _orphan()
    run_once()
    _spread_over_days()


def _environment(company: Company, name: str, quota: int | None, actor: Actor) -> Environment:
    spec = parse_environment({"name": name, "resourceQuota": {"storage": quota}})
    return create_environment(company=company, spec=spec, actor=actor)


def _stretch(environment: Environment, actor: Actor) -> None:
    """The longest that can be typed, one volume deleted that can come back, one to be deleted."""
    named = ApplicationSpec(name=LONGEST)
    application = create_application(environment=environment, spec=named, actor=actor)
    for body in (
        {
            "name": LONGEST,
            "size": 9 * GB,
            "mountPath": f"/{LONGEST}/{LONGEST}",
            "description": "Long " * 100,
            "labels": {f"{LONGEST}": LONGEST, "tier": "database"},
            "attachedAppsRefs": [application.ref],
        },
        {"name": "old-cache", "size": 100},
        {"name": "older-cache", "size": 100},
    ):
        nobodys = Snapshot.objects.none()
        spec = parse_volume(body, new=True)
        create_volume(environment=environment, spec=spec, snapshots=nobodys, actor=actor)
    longest = environment.volumes.get(name=LONGEST)
    snapshot = SnapshotSpec(name=LONGEST)
    take_snapshot(environment=environment, volume_id=longest.pk, spec=snapshot, actor=actor)
    older = environment.volumes.get(name="older-cache")
    delete_volume(environment=environment, volume_id=older.pk, actor=actor)


def _orphan() -> None:
    """What the last scan found: the sweep of the server itself scans once a day."""
    known = "0199a3c4-5d5e-7c0e-9a51-6f2b8f0d1c2e"
    StorageScan.objects.update_or_create(
        number=1,
        defaults={
            "at": timezone.now() - timedelta(hours=7),
            "orphans": 1,
            "examples": [{"volume": known, "snapshot": None}],
        },
    )


def _spread_over_days() -> None:
    """Nobody does all this within a minute."""
    at = timezone.now() - timedelta(hours=2)
    for place, revision in enumerate(Revision.objects.order_by("-pk")):
        Revision.objects.filter(pk=revision.pk).update(at=at - timedelta(hours=3.7 * place))


def names(environment: Environment) -> Names:
    """By which addresses are filled: `env` and `volume` of the console, rows of the admin."""
    company, volumes = environment.company, environment.volumes
    other = {one.name: one for one in company.environments.all()}
    postgres = volumes.get(name="postgres-data")
    found: dict[str, Any] = {
        "env": environment,
        "archive": other["archive"],
        "long": other[LONGEST],
        "empty": other["sandbox"],
        "volume": postgres,
        "missing": volumes.get(name="letsencrypt"),
        "unused": volumes.get(name="ml-models"),
        "uploads": volumes.get(name="uploads"),
        "longest": Volume.objects.get(name=LONGEST),
        "spare": Volume.objects.get(name="old-cache"),
        "deleted": Volume.objects.get(name="older-cache"),
        "app": environment.applications.get(name="api"),
        "snapshot": postgres.snapshots.order_by("pk").first(),
        "attachment": Attachment.objects.get(volume=postgres, application__name="api"),
        "company": company,
        "user": User.objects.get(username="bob"),
        "membership": Membership.objects.get(user__username="bob"),
        "invitation": Invitation.objects.get(name="frank"),
        "token": Token.objects.get(name="nightly-backup"),
        "revision": Revision.objects.filter(subject_id=str(postgres.pk)).order_by("-pk").first(),
    }
    return {name: str(row.pk) for name, row in found.items()}

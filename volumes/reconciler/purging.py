"""Remove the rows of what was deleted, or has ended, long ago."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.auth.revocation import revoke
from accounts.callers import SYSTEM
from accounts.models import Token
from config.db.deletion import delete_in_batches
from config.pacing import paced
from config.pagination import iterate_rows
from volumes.models import Application, Environment, Volume, VolumeStatus
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler.steps import reconcile_row


def expired_volumes(older_than: timedelta) -> VolumeQuerySet:
    return Volume.objects.filter(is_deleted=True, deleted_at__lte=Now() - older_than).order_by("id")


def expired_applications(older_than: timedelta) -> QuerySet[Application]:
    # Nothing changes a deleted application, so `modified_at` is when it was deleted.
    rows = Application.objects.filter(is_deleted=True, modified_at__lte=Now() - older_than)
    return rows.filter(attachments__isnull=True).order_by("id")


def expired_environments(older_than: timedelta) -> QuerySet[Environment]:
    """Return deleted environments of which volumes and applications are expired too."""
    rows = Environment.objects.filter(is_deleted=True, modified_at__lte=Now() - older_than)
    inside = {"environment": OuterRef("pk")}
    volumes = Volume.objects.filter(**inside).exclude(
        pk__in=expired_volumes(older_than).values("pk")
    )
    applications = Application.objects.filter(**inside)
    applications = applications.exclude(pk__in=expired_applications(older_than).values("pk"))
    return rows.filter(~Exists(volumes), ~Exists(applications)).order_by("id")


def purge_volume(volume: Volume) -> bool | None:
    """Remove remaining data of a deleted volume, also in its grace period, and then its row.

    Returns False if the data could not be removed (the row has the reason), None if the volume was
    skipped: another process has leased it, or a user has restored it meanwhile.
    """
    if volume.status != VolumeStatus.DELETED:
        Volume.objects.filter(pk=volume.pk, is_deleted=True).update(grace_until=None, due_at=Now())
        reconcile_row(Volume.objects.eligible(), volume.pk)
    gone = Volume.objects.filter(pk=volume.pk, is_deleted=True, status=VolumeStatus.DELETED)
    if gone.delete()[0]:
        return True
    failed = Volume.objects.free().filter(pk=volume.pk, is_deleted=True)
    return False if failed.exists() else None


def purge_application(application: Application) -> bool | None:
    """Remove the row of a deleted application. Returns None if it is gone already."""
    rows = Application.objects.filter(pk=application.pk, is_deleted=True, attachments__isnull=True)
    return bool(rows.delete()[0]) or None


@transaction.atomic
def purge_environment(environment: Environment) -> bool | None:
    """Remove the row of a deleted environment, and revoke the tokens that reached nothing else.

    Returns None if it still has rows of volumes or applications, or is gone already.
    """
    inside = {"environment": OuterRef("pk")}
    rows = Environment.objects.filter(
        ~Exists(Volume.objects.filter(**inside)),
        ~Exists(Application.objects.filter(**inside)),
        pk=environment.pk,
        is_deleted=True,
    )
    if not rows.delete()[0]:
        return None
    revoke(Token.objects.filter(environment_id=environment.pk).select_related("owner"), SYSTEM)
    return True


def purge_expired(older_than: timedelta, stop: Event) -> None:
    """Remove all expired rows whose data is gone. A volume stays as long as its grace period lasts."""
    removed = expired_volumes(older_than).filter(status=VolumeStatus.DELETED)
    # One at a time: each brings up to a thousand usage samples.
    for volume in paced(iterate_rows(removed), stop):
        purge_volume(volume)
    delete_in_batches(expired_applications(older_than), stop)
    for environment in paced(iterate_rows(expired_environments(older_than)), stop):
        purge_environment(environment)
    for ended in ("revoked_at", "expires_at"):
        rows = Token.objects.filter(**{f"{ended}__lte": Now() - older_than})
        delete_in_batches(rows, stop)

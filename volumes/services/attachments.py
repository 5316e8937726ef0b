"""Attach and detach applications. Each is a change of the volume with a version and a revision."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import Expression
from django.db.models.functions import Now

from accounts.audit import Changes
from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Application, Attachment, Environment, Volume
from volumes.rules import attachments as rules
from volumes.services import history
from volumes.services.locking import bump_version, lock_environment, lock_volume, save_if_unchanged
from volumes.specs.attachment import AttachmentSpec


@transaction.atomic
def attach(
    *, environment: Environment, volume_id: uuid.UUID, spec: AttachmentSpec, actor: Actor
) -> Attachment:
    """Let one application mount the volume. Raises NotFound, Refused."""
    volume = lock_volume(lock_environment(environment), volume_id)
    application, problems = rules.review(volume, spec)
    if problems or application is None:
        raise Refused(problems)
    before = _refs(volume)
    attachment = Attachment.objects.create(
        volume=volume,
        application=application,
        mount_path=spec.mount_path or volume.mount_path,
        has_own_path=spec.mount_path is not None,
        read_only=bool(spec.read_only),
    )
    _changed(volume, actor, "attach", {"attachedAppsRefs": [before, _refs(volume)]})
    return attachment


@transaction.atomic
def detach(
    *, environment: Environment, volume_id: uuid.UUID, application_id: uuid.UUID, actor: Actor
) -> Application:
    """Detach the application; the data stays. Raises NotFound if it is not attached."""
    volume = lock_volume(lock_environment(environment), volume_id)
    attachment = volume.attachments.filter(application=application_id).first()
    if attachment is None:
        raise NotFound
    application: Application = attachment.application
    end_attachment(attachment, volume, actor)
    return application


def end_attachment(attachment: Attachment, volume: Volume, actor: Actor) -> None:
    """End one attachment of a locked volume."""
    before = _refs(volume)
    attachment.delete()
    _changed(volume, actor, "detach", {"attachedAppsRefs": [before, _refs(volume)]})


def set_applications(volume: Volume, wanted: list[Application]) -> Changes:
    """Attach exactly these applications. Existing attachments keep their path and `readOnly`."""
    before = _refs(volume)
    present = set(volume.attachments.values_list("application_id", flat=True))
    volume.attachments.exclude(application__in=wanted).delete()
    for application in wanted:
        if application.pk not in present:
            Attachment.objects.create(
                volume=volume, application=application, mount_path=volume.mount_path
            )
    after = _refs(volume)
    return {"attachedAppsRefs": [before, after]} if set(after) != set(before) else {}


def detach_time(changes: Changes) -> dict[str, Expression]:
    """Return the column to write if these changes detached the last application.

    It is in database time, which clean-up compares: with the clock of a server that is behind, a volume
    would look unused for days.
    """
    _, after = changes.get("attachedAppsRefs", (None, None))
    return {"detached_at": Now()} if after == [] else {}


def _refs(volume: Volume) -> list[str]:
    return [f"{Application.prefix}{pk}" for pk in volume.application_ids]


def _changed(volume: Volume, actor: Actor, action: str, changes: Changes) -> None:
    was = bump_version(volume, actor.by)
    save_if_unchanged(volume, expected=was, fields=[], **detach_time(changes))
    history.record_volume(volume, actor, action, changes)

"""Applications come and go; volumes and their data stay."""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Application, Environment
from volumes.rules.others import read_application
from volumes.services import history
from volumes.services.attachments import end_attachment
from volumes.services.locking import (
    ANY,
    Precondition,
    bump_version,
    check_version,
    created_by,
    lock_environment,
    save_if_unchanged,
)
from volumes.specs.parsers import Body


@transaction.atomic
def create_application(*, environment: Environment, body: Body, actor: Actor) -> Application:
    """Record an application. Raises NotFound, Refused."""
    environment = lock_environment(environment)
    name, problems = read_application(environment, body, application=None)
    if problems or name is None:
        raise Refused(problems)
    application = Application.objects.create(
        environment=environment, name=name, **created_by(actor)
    )
    history.of_application(application, actor, "create", history.creation_changes(name=name))
    return application


@transaction.atomic
def update_application(
    *,
    environment: Environment,
    application_id: uuid.UUID,
    body: Body,
    actor: Actor,
    precondition: Precondition = ANY,
) -> Application:
    """Rename it. Raises NotFound, Stale, Refused."""
    application = _locked(lock_environment(environment), application_id)
    precondition.check(application)
    check_version(application, body)
    name, problems = read_application(application.environment, body, application=application)
    if problems:
        raise Refused(problems)
    if name and name != application.name:
        changes = {"name": [application.name, name]}
        application.name = name
        save_if_unchanged(
            application, expected=bump_version(application, actor.by), fields=["name"]
        )
        history.of_application(application, actor, "update", changes)
    return application


@transaction.atomic
def delete_application(
    *,
    environment: Environment,
    application_id: uuid.UUID,
    actor: Actor,
    precondition: Precondition = ANY,
) -> Application:
    """Remove it with its attachments, never with a volume. Raises NotFound, Stale."""
    application = _locked(lock_environment(environment), application_id)
    precondition.check(application)
    remove_application(application, actor)
    return application


def remove_application(application: Application, actor: Actor) -> None:
    """Delete one application of a locked environment."""
    for attachment in application.attachments.select_related("volume").order_by("volume_id"):
        attachment.volume.environment = application.environment
        end_attachment(attachment, attachment.volume, actor)
    was = bump_version(application, actor.by)
    application.is_deleted = True
    save_if_unchanged(application, expected=was, fields=["is_deleted"])
    history.of_application(application, actor, "delete", {"isDeleted": [False, True]})


def _locked(environment: Environment, application_id: uuid.UUID) -> Application:
    applications = environment.applications.live().select_for_update()
    found: Application | None = applications.filter(pk=application_id).first()
    if found is None:
        raise NotFound
    found.environment = environment
    return found

"""Create, rename and delete applications. Volumes and their data stay."""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.audit import Changes
from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Application, Environment
from volumes.rules import applications as rules
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
from volumes.specs.application import ApplicationSpec


@transaction.atomic
def create_application(
    *, environment: Environment, spec: ApplicationSpec, actor: Actor
) -> Application:
    """Record an application. Raises NotFound, Refused."""
    environment = lock_environment(environment)
    problems = rules.review(environment, spec, application=None)
    if problems or spec.name is None:
        raise Refused(problems)
    application = Application.objects.create(
        environment=environment, name=spec.name, **created_by(actor)
    )
    changes = history.creation_changes(name=application.name)
    history.of_application(application, actor, "create", changes)
    return application


@transaction.atomic
def update_application(
    *,
    environment: Environment,
    application_id: uuid.UUID,
    spec: ApplicationSpec,
    actor: Actor,
    precondition: Precondition = ANY,
) -> Application:
    """Rename the application. Raises NotFound, PreconditionFailed, Refused."""
    application = _locked(lock_environment(environment), application_id)
    precondition.check(application)
    check_version(application, spec.version)
    if problems := rules.review(application.environment, spec, application=application):
        raise Refused(problems)
    if spec.name and spec.name != application.name:
        changes: Changes = {"name": [application.name, spec.name]}
        application.name = spec.name
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
    """Delete the application and its attachments, but no volume. Raises NotFound, PreconditionFailed."""
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

"""Create, update and delete environments."""

from __future__ import annotations

from django.db import transaction

from accounts.audit import Changes
from accounts.callers import Actor
from accounts.models import Company
from config.errors import Refused
from volumes.models import Environment
from volumes.rules import environments as rules
from volumes.rules.deletion import environment_delete_blockers
from volumes.services import history
from volumes.services.applications import remove_application
from volumes.services.locking import (
    ANY,
    Precondition,
    bump_version,
    check_version,
    created_by,
    lock_environment,
    save_if_unchanged,
)
from volumes.specs.environment import EnvironmentSpec


@transaction.atomic
def create_environment(*, company: Company, spec: EnvironmentSpec, actor: Actor) -> Environment:
    """Create an environment in a company that the caller administers. Raises Refused."""
    company = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if problems := rules.review(company, spec, environment=None):
        raise Refused(problems)
    environment = Environment.objects.create(
        company=company,
        name=spec.name or "",
        storage_quota=spec.storage_quota,
        **created_by(actor),
    )
    changes = history.creation_changes(name=environment.name, **_quota(environment.storage_quota))
    history.of_environment(environment, actor, "create", changes)
    return environment


@transaction.atomic
def update_environment(
    *,
    environment: Environment,
    spec: EnvironmentSpec,
    actor: Actor,
    precondition: Precondition = ANY,
) -> Environment:
    """Rename the environment or set its quota, even below its usage.

    Raises NotFound, PreconditionFailed, Refused.
    """
    environment = lock_environment(environment)
    precondition.check(environment)
    check_version(environment, spec.version)
    if problems := rules.review(environment.company, spec, environment=environment):
        raise Refused(problems)
    changes: Changes = {}
    if spec.name and spec.name != environment.name:
        changes["name"] = [environment.name, spec.name]
        environment.name = spec.name
    if spec.has_quota and spec.storage_quota != environment.storage_quota:
        changes["resourceQuota.storage"] = [environment.storage_quota, spec.storage_quota]
        environment.storage_quota = spec.storage_quota
    if changes:
        was = bump_version(environment, actor.by)
        save_if_unchanged(environment, expected=was, fields=["name", "storage_quota"])
        history.of_environment(environment, actor, "update", changes)
    return environment


@transaction.atomic
def delete_environment(
    *, environment: Environment, actor: Actor, precondition: Precondition = ANY
) -> Environment:
    """Delete the environment and its applications.

    Raises NotFound, PreconditionFailed, and Refused while it has volumes that are not deleted.
    """
    environment = lock_environment(environment)
    precondition.check(environment)
    if problems := list(environment_delete_blockers(environment)):
        raise Refused(problems)
    for application in environment.applications.live().select_for_update():
        application.environment = environment
        remove_application(application, actor)
    was = bump_version(environment, actor.by)
    environment.is_deleted = True
    save_if_unchanged(environment, expected=was, fields=["is_deleted"])
    history.of_environment(environment, actor, "delete", {"isDeleted": [False, True]})
    return environment


def _quota(storage: int | None) -> dict[str, int]:
    return {} if storage is None else {"resourceQuota.storage": storage}

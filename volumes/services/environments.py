"""Environments: made, renamed, bounded and deleted by a company's admins."""

from __future__ import annotations

from django.db import transaction

from accounts.audit import Changes
from accounts.callers import Actor
from accounts.models import Company
from config.errors import Refused
from volumes.models import Environment
from volumes.rules.deletion import reasons_to_keep_environment
from volumes.rules.others import EnvironmentWish, check_environment
from volumes.services import history
from volumes.services.applications import remove_application
from volumes.services.locking import (
    ANY,
    Precondition,
    check_version,
    created_by,
    locked,
    touch,
    write,
)
from volumes.specs.parsers import Reader


@transaction.atomic
def create_environment(
    *, company: Company, wish: EnvironmentWish, reader: Reader, actor: Actor
) -> Environment:
    """Make an environment in a company that the caller administers. Raises Refused."""
    company = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if problems := check_environment(reader, wish, company, None):
        raise Refused(problems)
    environment = Environment.objects.create(
        company=company,
        name=wish.name or "",
        storage_quota=wish.storage_quota,
        **created_by(actor),
    )
    changes = history.created(name=environment.name, **_quota(environment.storage_quota))
    history.of_environment(environment, actor, "create", changes)
    return environment


@transaction.atomic
def update_environment(
    *,
    environment: Environment,
    wish: EnvironmentWish,
    reader: Reader,
    actor: Actor,
    precondition: Precondition = ANY,
) -> Environment:
    """Rename it or set its quota, even below what is used. Raises NotFound, Stale, Refused."""
    environment = locked(environment)
    precondition.check(environment)
    check_version(environment, reader.body)
    if problems := check_environment(reader, wish, environment.company, environment):
        raise Refused(problems)
    changes: Changes = {}
    if wish.name and wish.name != environment.name:
        changes["name"] = [environment.name, wish.name]
        environment.name = wish.name
    if wish.says_quota and wish.storage_quota != environment.storage_quota:
        changes["resourceQuota.storage"] = [environment.storage_quota, wish.storage_quota]
        environment.storage_quota = wish.storage_quota
    if changes:
        was = touch(environment, actor.by)
        write(environment, expected=was, fields=["name", "storage_quota"])
        history.of_environment(environment, actor, "update", changes)
    return environment


@transaction.atomic
def delete_environment(
    *, environment: Environment, actor: Actor, precondition: Precondition = ANY
) -> Environment:
    """Close it with its applications. Refused while it has volumes that are not deleted."""
    environment = locked(environment)
    precondition.check(environment)
    if problems := list(reasons_to_keep_environment(environment)):
        raise Refused(problems)
    for application in environment.applications.live().select_for_update():
        application.environment = environment
        remove_application(application, actor)
    was = touch(environment, actor.by)
    environment.is_deleted = True
    write(environment, expected=was, fields=["is_deleted"])
    history.of_environment(environment, actor, "delete", {"isDeleted": [False, True]})
    return environment


def _quota(storage: int | None) -> dict[str, int]:
    return {} if storage is None else {"resourceQuota.storage": storage}

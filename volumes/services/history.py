"""How volumes, applications and environments are written into the history."""

from __future__ import annotations

from typing import Any

from accounts.audit import Changes, record
from accounts.callers import Actor
from accounts.models import Subject
from volumes.models import Application, Environment, Volume


def of_volume(
    volume: Volume, actor: Actor, action: str, changes: Changes, *, version: bool = True
) -> None:
    """One entry; `version` is False for what raises none (snapshots)."""
    _record(Subject.VOLUME, volume, volume.environment, actor, action, changes, version=version)


def of_application(application: Application, actor: Actor, action: str, changes: Changes) -> None:
    _record(Subject.APPLICATION, application, application.environment, actor, action, changes)


def of_environment(environment: Environment, actor: Actor, action: str, changes: Changes) -> None:
    _record(Subject.ENVIRONMENT, environment, environment, actor, action, changes)


def created(**values: Any) -> Changes:
    """Before is null on create."""
    return {name: [None, value] for name, value in values.items()}


def _record(
    subject: Subject,
    row: Volume | Application | Environment,
    environment: Environment,
    actor: Actor,
    action: str,
    changes: Changes,
    *,
    version: bool = True,
) -> None:
    record(
        actor=actor,
        action=action,
        subject=subject,
        subject_id=str(row.pk),
        subject_name=row.name,
        company=environment.company,
        environment_id=environment.pk,
        version=row.version if version else None,
        changes=changes,
    )

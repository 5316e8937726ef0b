"""Record changes of volumes, applications and environments in the history."""

from __future__ import annotations

from typing import Any

from accounts.audit import Changes, build_revision, record
from accounts.callers import Actor
from accounts.models import Revision, Subject, rank_after
from volumes.models import Application, Environment, Volume


def record_volume(
    volume: Volume, actor: Actor, action: str, changes: Changes, *, version: bool = True
) -> None:
    """Record one change. `version` is False for changes without a new version (snapshots)."""
    record(
        **_fields(
            Subject.VOLUME, volume, volume.environment, actor, action, changes, version=version
        )
    )


def entry_of_volume(volume: Volume, actor: Actor, action: str, changes: Changes) -> Revision:
    """Return the revision of a change, to be inserted together with other rows."""
    return build_revision(
        **_fields(Subject.VOLUME, volume, volume.environment, actor, action, changes)
    )


def of_application(application: Application, actor: Actor, action: str, changes: Changes) -> None:
    record(
        **_fields(Subject.APPLICATION, application, application.environment, actor, action, changes)
    )


def of_environment(environment: Environment, actor: Actor, action: str, changes: Changes) -> None:
    record(**_fields(Subject.ENVIRONMENT, environment, environment, actor, action, changes))


def creation_changes(**values: Any) -> Changes:
    """Return the changes of a create: every old value is null."""
    return {name: [None, value] for name, value in values.items()}


def _fields(
    subject: Subject,
    row: Volume | Application | Environment,
    environment: Environment,
    actor: Actor,
    action: str,
    changes: Changes,
    *,
    version: bool = True,
) -> dict[str, Any]:
    return {
        "actor": actor,
        "action": action,
        "subject": subject,
        "subject_id": str(row.pk),
        "subject_name": row.name,
        "company_id": environment.company_id,
        "environment_id": environment.pk,
        "version": row.version if version else None,
        "rank": None if version else rank_after(row.version),
        "changes": changes,
    }

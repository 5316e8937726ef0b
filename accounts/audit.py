"""Writing the history: one function, called inside the transaction of what it records."""

import uuid
from typing import Any

from accounts.callers import Actor
from accounts.models import Company, Revision, Subject, User
from config.prepared import execute, fresh, insertion

Changes = dict[str, list[Any]]
"""Names as in the API's objects, each with what it was (null on create) and what it is."""


def entry(
    *,
    actor: Actor,
    action: str,
    subject: Subject,
    subject_id: str,
    subject_name: str,
    company_id: uuid.UUID | None,
    environment_id: uuid.UUID | None = None,
    version: int | None = None,
    changes: Changes | None = None,
) -> Revision:
    """Not written yet. `version` is the one that this change made, None for what raises none."""
    return fresh(
        Revision,
        company_id=company_id,
        environment_id=environment_id,
        subject=subject,
        subject_id=subject_id,
        subject_name=subject_name,
        version=version,
        action=action,
        by=actor.by,
        via=actor.via,
        ip=actor.ip,
        changes=changes or {},
    )


def record(**fields: Any) -> None:
    """Write one entry, of the same fields."""
    execute(insertion(entry(**fields)))


def record_of_person(
    *,
    actor: Actor,
    action: str,
    subject: Subject,
    person: User,
    name: str = "",
    changes: Changes | None = None,
) -> None:
    """What concerns a person's token, password or factor: in each of their companies' activity.

    Of someone who is in none it is kept all the same, in nobody's activity.
    """
    memberships = person.memberships.select_related("company")
    companies: list[Company | None] = [membership.company for membership in memberships]
    for company in companies or [None]:
        record(
            actor=actor,
            action=action,
            subject=subject,
            subject_id=person.ref,
            subject_name=name or person.username,
            company_id=company and company.pk,
            changes=changes,
        )

"""Writing the history: one function, called inside the transaction of what it records."""

import uuid
from typing import Any

from django.db.models import QuerySet

from accounts.callers import Actor
from accounts.models import Membership, Revision, Subject, Token, User
from config.db.bulk_insert import bulk_insert, new_instance
from config.db.cte import execute

Changes = dict[str, list[Any]]
"""Names as in the API's objects, each with what it was (null on create) and what it is."""


def build_revision(
    *,
    actor: Actor,
    action: str,
    subject: Subject,
    subject_id: str,
    subject_name: str,
    company_id: uuid.UUID | None,
    environment_id: uuid.UUID | None = None,
    version: int | None = None,
    rank: int | None = None,
    changes: Changes | None = None,
) -> Revision:
    """Return an entry that is not written yet.

    `version` is the one that this change made. What makes none of a subject that has versions has a
    `rank` instead (`rank_after`).
    """
    return new_instance(
        Revision,
        company_id=company_id,
        environment_id=environment_id,
        subject=subject,
        subject_id=subject_id,
        subject_name=subject_name,
        version=version,
        rank=rank,
        action=action,
        by=actor.by,
        via=actor.via,
        ip=actor.ip,
        changes=changes or {},
    )


def record(**fields: Any) -> None:
    """Write one entry, of the same fields."""
    execute(bulk_insert(build_revision(**fields)))


def record_for_user(
    *, actor: Actor, action: str, subject: Subject, person: User, changes: Changes | None = None
) -> None:
    """Record a change of a person's password or second factor in each of their companies.

    For a person without a company the entry is kept too, and only operators see it.
    """
    _record_in(
        person.memberships.all(),
        actor=actor,
        action=action,
        subject=subject,
        subject_id=person.ref,
        subject_name=person.username,
        changes=changes,
    )


def record_of_token(
    *, actor: Actor, action: str, token: Token, changes: Changes | None = None
) -> None:
    """Record a change of a token in the companies of its owner that the token reaches.

    If it reaches none, only operators see the entry.
    """
    reached = token.owner.memberships.all()
    if token.environment_id is not None:
        reached = reached.filter(company=token.company_id)
    _record_in(
        reached,
        actor=actor,
        action=action,
        subject=Subject.TOKEN,
        subject_id=token.owner.ref,
        subject_name=token.name,
        environment_id=token.environment_id,
        changes=changes,
    )


def _record_in(memberships: QuerySet[Membership], **fields: Any) -> None:
    companies: list[uuid.UUID | None] = [*memberships.values_list("company", flat=True)]
    for company_id in companies or [None]:
        record(company_id=company_id, **fields)

"""Writes the history. Call these functions in the transaction of the change that they record."""

import uuid
from typing import Any

from django.db.models import QuerySet

from accounts.callers import Actor
from accounts.models import Membership, Revision, Subject, Token, User
from config.db.bulk_insert import bulk_insert, new_instance
from config.db.cte import execute

Changes = dict[str, list[Any]]
"""Maps each field, named as in the API, to its old value (null on create) and its new value."""


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
    """Return an unsaved entry.

    `version` is the subject's version that the change created. A change that creates no version of a
    versioned subject has a `rank` instead (see `rank_after`).
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
    """Write one entry with the fields of `build_revision`."""
    execute(bulk_insert(build_revision(**fields)))


def record_for_user(
    *, actor: Actor, action: str, subject: Subject, person: User, changes: Changes | None = None
) -> None:
    """Record a change of a person's password or second factor in each of their companies.

    For a person without a company, write one entry that only operators see.
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
    """Record a change of a token in those of its owner's companies that the token gives access to.

    If there are none, only operators see the entry.
    """
    memberships = token.owner.memberships.all()
    if token.environment_id is not None:
        memberships = memberships.filter(company=token.company_id)
    _record_in(
        memberships,
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

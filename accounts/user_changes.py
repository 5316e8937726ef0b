"""Records changes of an account in the history."""

from __future__ import annotations

import uuid
from typing import Any

from accounts import audit, disclosure
from accounts.callers import Actor
from accounts.models import Subject, User

COLUMNS = {
    "username": "username",
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "is_active": "isActive",
    "is_staff": "isStaff",
    "is_superuser": "isSuperuser",
}
"""Maps each column to its name in the history."""

UserSnapshot = dict[str, Any]


def snapshot_of(pk: int) -> UserSnapshot:
    """Return the account as stored, with its groups and individual permissions."""
    person = User.objects.get(pk=pk)
    permissions = person.user_permissions.order_by("content_type__app_label", "codename")
    return {name: getattr(person, column) for column, name in COLUMNS.items()} | {
        "groups": list(person.groups.order_by("name").values_list("name", flat=True)),
        "permissions": [
            f"{app}.{codename}"
            for app, codename in permissions.values_list("content_type__app_label", "codename")
        ],
    }


def record_change(person: User, before: UserSnapshot, actor: Actor) -> None:
    """Record the differences from `before`, which is {} for a new account.

    Operators see all of them. The person's companies see only what members see of each other.
    """
    changes: audit.Changes = {
        name: [before.get(name), value]
        for name, value in snapshot_of(person.pk).items()
        if before.get(name) != value
    }
    if changes:
        _record(person, actor, "update" if before else "create", changes, company_id=None)
    visible = disclosure.visible_account_changes(changes)
    if visible:
        for company_id in person.memberships.values_list("company", flat=True):
            _record(person, actor, "update", visible, company_id=company_id)


def _record(
    person: User,
    actor: Actor,
    action: str,
    changes: audit.Changes,
    *,
    company_id: uuid.UUID | None,
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=Subject.ACCOUNT,
        subject_id=person.ref,
        subject_name=person.username,
        company_id=company_id,
        changes=changes,
    )

"""What of an account the history keeps when an operator changes it."""

from __future__ import annotations

from typing import Any

from accounts import audit
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
"""By column, with its name in the history."""

Kept = dict[str, Any]


def kept_of(pk: int) -> Kept:
    """How the account is in the database, its groups and single permissions included."""
    person = User.objects.get(pk=pk)
    held = person.user_permissions.order_by("content_type__app_label", "codename")
    return {name: getattr(person, column) for column, name in COLUMNS.items()} | {
        "groups": list(person.groups.order_by("name").values_list("name", flat=True)),
        "permissions": [
            f"{app}.{codename}"
            for app, codename in held.values_list("content_type__app_label", "codename")
        ],
    }


def record_change(person: User, before: Kept, actor: Actor) -> None:
    """One entry for all that is different now, none where nothing is. `before` is {} for a new one."""
    changes: audit.Changes = {
        name: [before.get(name), value]
        for name, value in kept_of(person.pk).items()
        if before.get(name) != value
    }
    if changes:
        audit.record_of_person(
            actor=actor,
            action="update" if before else "create",
            subject=Subject.ACCOUNT,
            person=person,
            changes=changes,
        )

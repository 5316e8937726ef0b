"""Timelines: revisions as sentences with the old and new values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Revision, Subject, User
from volumes.models import Application
from volumes.presentation import formatting
from volumes.presentation.audit_phrases import VERBS, AuditPhrase, Names, audit_phrase
from volumes.specs.volume import FIELD_LABELS

__all__ = ["VERBS", "Change", "Entry", "entries", "people"]

FIELDS = {
    **FIELD_LABELS,
    "resourceQuota.storage": "quota",
    "storageQuota": "quota",
    "role": "role",
    "recoveryCodes": "recovery codes left",
    "firstName": "first name",
    "lastName": "last name",
    "isActive": "active",
    "isStaff": "staff",
    "isSuperuser": "superuser",
}
SIZES = {"size", "resourceQuota.storage", "storageQuota"}


@dataclass(frozen=True)
class Change:
    """A changed value. `field` is empty if the sentence already names it."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One line of a timeline."""

    who: str
    token: str
    phrase: AuditPhrase
    subject: str
    changes: list[Change]
    at: datetime
    version: int | None
    revision: Revision

    @property
    def verb(self) -> str:
        """Return the sentence up to the subject, for pages that show the subject differently."""
        phrase = self.phrase
        return " ".join(
            filter(None, [phrase.verb, phrase.object, phrase.preposition, phrase.suffix])
        )

    @property
    def subject_kind(self) -> str:
        return self.phrase.subject_type.removeprefix("the ")


def entries(revisions: list[Revision], known: Names | None = None) -> list[Entry]:
    """Return entries in the same order, with names of users and applications.

    Makes two queries, or one if `known` has the users' names.
    """
    known = known or people(revision.by for revision in revisions)
    applications = _applications(revisions)
    return [_entry(revision, known, applications) for revision in revisions]


def people(refs: Iterable[str]) -> dict[str, str]:
    """Return names by references such as `user-1` and `system`. A removed user keeps the reference."""
    names = {ref: "Holdfast" if ref == "system" else ref for ref in refs}
    keys = [key for ref in names if (key := ref.removeprefix("user-")).isdigit()]
    found = User.objects.filter(pk__in=keys) if keys else []
    return names | {person.ref: person.username for person in found}


def _entry(revision: Revision, known: Names, applications: Names) -> Entry:
    phrase = audit_phrase(revision, applications)
    return Entry(
        who=_who(revision, known),
        token=revision.via.removeprefix("token:") if revision.via.startswith("token:") else "",
        phrase=phrase,
        subject=revision.subject_name,
        changes=[
            Change(
                "" if phrase.verb == "grew" else FIELDS.get(name, name),
                *(_value(name, one, applications) for one in pair),
            )
            for name, pair in _fields(revision).items()
            if name not in phrase.covered_fields
        ],
        at=revision.at,
        version=revision.version,
        revision=revision,
    )


def _who(revision: Revision, known: Names) -> str:
    """Return who did it. A company knows only which name it had invited, not who declined."""
    is_hidden = revision.action == "decline" and revision.by == "system"
    return revision.subject_name if is_hidden else known[revision.by]


def _fields(revision: Revision) -> dict[str, list[Any]]:
    """What is made shows itself; of a member the role is the news."""
    if revision.action in {"create", "adopt"} and revision.subject != Subject.MEMBER:
        return {}
    fields: dict[str, list[Any]] = revision.changes
    return fields


def _value(name: str, value: Any, applications: Names) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return "none"
    if name in SIZES:
        return formatting.size(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(applications.get(str(one), str(one)) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    return str(value)


def _applications(revisions: list[Revision]) -> dict[str, str]:
    refs = {
        ref
        for revision in revisions
        for side in revision.changes.get("attachedAppsRefs", [])
        for ref in side or []
    }
    bare = [ref.removeprefix(Application.prefix) for ref in refs]
    found = Application.objects.filter(pk__in=bare) if bare else []
    return {app.ref: app.name for app in found}

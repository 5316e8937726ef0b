"""Phrases for audit entries, as parts of a sentence: "attached worker to …", "brought … back"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Revision, Subject

VERBS = {
    "create": "made",
    "update": "changed",
    "attach": "attached",
    "detach": "detached",
    "delete": "deleted",
    "restore": "brought back",
    "adopt": "adopted",
    "accept_data": "accepted the present data of",
    "snapshot_create": "took a snapshot of",
    "snapshot_delete": "deleted a snapshot of",
    "revoke": "revoked",
    "invite": "invited",
    "accept": "accepted the invitation for",
    "decline": "declined the invitation for",
    "withdraw": "withdrew the invitation for",
    "erase": "erased the personal data of",
}

Names = Mapping[str, str]
"""Names of users or applications, by their references in the history."""


@dataclass(frozen=True)
class AuditPhrase:
    """`verb` [`object` `preposition`] the `subject_type` `suffix`. The verb covers `covered_fields`."""

    verb: str
    object: str = ""
    preposition: str = ""
    subject_type: str = ""
    suffix: str = ""
    covered_fields: frozenset[str] = frozenset()


def audit_phrase(revision: Revision, applications: Names) -> AuditPhrase:
    covered = frozenset({"isDeleted"})
    subject_type = f"the {revision.get_subject_display().lower()}"
    match revision.subject, revision.action:
        case Subject.VOLUME, "attach" | "detach" as action:
            preposition = "to" if action == "attach" else "from"
            moved = _moved(revision, applications)
            return AuditPhrase(
                VERBS[action],
                moved,
                preposition,
                subject_type,
                covered_fields=frozenset({"attachedAppsRefs"}),
            )
        case Subject.VOLUME, "snapshot_create" | "snapshot_delete" as action:
            verb = "took" if action == "snapshot_create" else "deleted"
            name = next((name for name in revision.changes.get("name", []) if name), "")
            return AuditPhrase(
                f"{verb} the snapshot", name, "of", subject_type, covered_fields=frozenset({"name"})
            )
        case _, "restore":
            return AuditPhrase(
                "brought", subject_type=subject_type, suffix="back", covered_fields=covered
            )
        case Subject.MEMBER, "create" | "delete" as action:
            return AuditPhrase(
                "added" if action == "create" else "removed", subject_type=subject_type
            )
        case _, "invite" | "accept" | "decline" | "withdraw" as action:
            return AuditPhrase(VERBS[action])
        case Subject.PASSWORD, _:
            return AuditPhrase("changed the password of")
        case Subject.SECOND_FACTOR, action:
            return AuditPhrase(
                _about_factor(action, revision.changes), covered_fields=frozenset({"enabled"})
            )
        case _, "update" if set(revision.changes) == {"protected"}:
            on = revision.changes["protected"][1]
            verb = "protected" if on else "took the protection off"
            return AuditPhrase(
                verb, subject_type=subject_type, covered_fields=frozenset({"protected"})
            )
        case _, "update" if set(revision.changes) == {"size"}:
            return AuditPhrase("grew", subject_type=subject_type)
    verb = VERBS.get(revision.action, revision.action.replace("_", " "))
    return AuditPhrase(verb, subject_type=subject_type, covered_fields=covered)


def _moved(revision: Revision, applications: Names) -> str:
    """Return the names of the applications on one side of the change only."""
    before, after = revision.changes.get("attachedAppsRefs") or ([], [])
    moved = set(before or []) ^ set(after or [])
    return ", ".join(sorted(applications.get(ref, ref) for ref in moved))


def _about_factor(action: str, changes: dict[str, Any]) -> str:
    if action == "update":
        before, after = changes.get("recoveryCodes") or (0, 0)
        used = (after or 0) < (before or 0)
        return "used a recovery code of" if used else "made new recovery codes for"
    return f"switched {'on' if action == 'create' else 'off'} the second factor of"

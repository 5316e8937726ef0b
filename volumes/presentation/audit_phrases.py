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
}

Names = Mapping[str, str]
"""Names of users or applications, by their references in the history."""


@dataclass(frozen=True)
class AuditPhrase:
    """`verb` [`thing` `joint`] the `kind` it was done to `end`; `told` are the changes it says."""

    verb: str
    thing: str = ""
    joint: str = ""
    kind: str = ""
    end: str = ""
    told: frozenset[str] = frozenset()


def deed(revision: Revision, applications: Names) -> AuditPhrase:
    told = frozenset({"isDeleted"})
    kind = f"the {revision.get_subject_display().lower()}"
    match revision.subject, revision.action:
        case Subject.VOLUME, "attach" | "detach" as action:
            joint = "to" if action == "attach" else "from"
            thing = _moved(revision, applications)
            return AuditPhrase(
                VERBS[action], thing, joint, kind, told=frozenset({"attachedAppsRefs"})
            )
        case Subject.VOLUME, "snapshot_create" | "snapshot_delete" as action:
            verb = "took" if action == "snapshot_create" else "deleted"
            name = next((name for name in revision.changes.get("name", []) if name), "")
            return AuditPhrase(f"{verb} the snapshot", name, "of", kind, told=frozenset({"name"}))
        case _, "restore":
            return AuditPhrase("brought", kind=kind, end="back", told=told)
        case Subject.MEMBER, "create" | "delete" as action:
            return AuditPhrase("added" if action == "create" else "removed", kind=kind)
        case _, "invite" | "accept" | "decline" | "withdraw" as action:
            return AuditPhrase(VERBS[action])
        case Subject.PASSWORD, _:
            return AuditPhrase("changed the password of")
        case Subject.SECOND_FACTOR, action:
            return AuditPhrase(_about_factor(action, revision.changes), told=frozenset({"enabled"}))
        case _, "update" if set(revision.changes) == {"protected"}:
            on = revision.changes["protected"][1]
            verb = "protected" if on else "took the protection off"
            return AuditPhrase(verb, kind=kind, told=frozenset({"protected"}))
        case _, "update" if set(revision.changes) == {"size"}:
            return AuditPhrase("grew", kind=kind)
    verb = VERBS.get(revision.action, revision.action.replace("_", " "))
    return AuditPhrase(verb, kind=kind, told=told)


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

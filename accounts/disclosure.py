"""Limits what a company sees of an entry in its activity or history."""

from accounts.audit import Changes
from accounts.models import Revision, Subject

OWN_ACCOUNT = frozenset({Subject.ACCOUNT, Subject.PASSWORD, Subject.SECOND_FACTOR, Subject.TOKEN})
"""Subjects of a person's own settings. Companies do not see the address of such a change."""

INVITATION_ANSWERS = frozenset({"accept", "decline"})
"""Actions of a person who is not a member yet. Companies do not see the address."""

ACCOUNT_FIELDS = frozenset({"username", "isActive"})
"""Fields of an account that members see of each other."""

OPERATORS_FIELDS = frozenset({"path"})
"""Fields that only operators see: the path on the host from which a volume was adopted."""


def disclose(revision: Revision) -> Revision:
    """Return `revision` without what its company may not see.

    It is changed in memory only; the row keeps everything for operators. Never save the result.
    """
    if revision.subject in OWN_ACCOUNT or revision.action in INVITATION_ANSWERS:
        revision.ip = None
    if revision.subject == Subject.ACCOUNT:
        revision.changes = visible_account_changes(revision.changes)
    elif revision.subject == Subject.VOLUME:
        revision.changes = visible_volume_changes(revision.changes)
    return revision


def visible_account_changes(changes: Changes) -> Changes:
    """Return those changes of an account that its companies may see."""
    return {name: pair for name, pair in changes.items() if name in ACCOUNT_FIELDS}


def visible_volume_changes(changes: Changes) -> Changes:
    """Return the changes of a volume without the fields that only operators may see."""
    return {name: pair for name, pair in changes.items() if name not in OPERATORS_FIELDS}

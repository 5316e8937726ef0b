"""What a company may see of an entry in its activity or history: only what concerns it."""

from accounts.audit import Changes
from accounts.models import Revision, Subject

OWN_ACCOUNT = frozenset({Subject.ACCOUNT, Subject.PASSWORD, Subject.SECOND_FACTOR, Subject.TOKEN})
"""What a person changes on their own pages, wherever they are: the address is not the company's."""

ANSWERS = frozenset({"accept", "decline"})
"""What a person does before they are a member."""

ACCOUNT_FIELDS = frozenset({"username", "isActive"})
"""What members see of each other's accounts."""

OPERATORS_FIELDS = frozenset({"path"})
"""Where the data of an adopted volume came from: a path of the host."""


def disclose(revision: Revision) -> Revision:
    """Remove from `revision` what the company may not see. The row keeps it for operators.

    The removal is in memory only: never save the result.
    """
    if revision.subject in OWN_ACCOUNT or revision.action in ANSWERS:
        revision.ip = None
    if revision.subject == Subject.ACCOUNT:
        revision.changes = visible_account_changes(revision.changes)
    elif revision.subject == Subject.VOLUME:
        revision.changes = visible_volume_changes(revision.changes)
    return revision


def visible_account_changes(changes: Changes) -> Changes:
    """Return the changes of an account that its companies may see."""
    return {name: pair for name, pair in changes.items() if name in ACCOUNT_FIELDS}


def visible_volume_changes(changes: Changes) -> Changes:
    """Return the changes of a volume without what only operators may see."""
    return {name: pair for name, pair in changes.items() if name not in OPERATORS_FIELDS}

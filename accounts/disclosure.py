"""What a company may see of an entry in its activity: only what concerns it."""

from accounts.audit import Changes
from accounts.models import Revision, Subject

OWN_ACCOUNT = frozenset({Subject.ACCOUNT, Subject.PASSWORD, Subject.SECOND_FACTOR, Subject.TOKEN})
"""What a person changes on their own pages, wherever they are: the address is not the company's."""

ANSWERS = frozenset({"accept", "decline"})
"""What a person does before they are a member."""

ACCOUNT_FIELDS = frozenset({"username", "isActive"})
"""What members see of each other's accounts."""


def disclose(revision: Revision) -> Revision:
    """Remove from `revision` what the company may not see. The row keeps it for operators.

    The removal is in memory only: never save the result.
    """
    if revision.subject in OWN_ACCOUNT or revision.action in ANSWERS:
        revision.ip = None
    if revision.subject == Subject.ACCOUNT:
        revision.changes = visible_account_changes(revision.changes)
    return revision


def visible_account_changes(changes: Changes) -> Changes:
    """Return the changes of an account that its companies may see."""
    return {name: pair for name, pair in changes.items() if name in ACCOUNT_FIELDS}

"""People, companies, memberships, invitations, tokens and the history."""

from accounts.models.export import Export
from accounts.models.failures import FailureCount
from accounts.models.invitation import Invitation
from accounts.models.people import Company, Membership, RecoveryCode, Role, User
from accounts.models.revision import QUOTA_FIELDS, Revision, Subject, rank_after
from accounts.models.token import Scope, Token

__all__ = [
    "QUOTA_FIELDS",
    "Company",
    "Export",
    "FailureCount",
    "Invitation",
    "Membership",
    "RecoveryCode",
    "Revision",
    "Role",
    "Scope",
    "Subject",
    "Token",
    "User",
    "rank_after",
]

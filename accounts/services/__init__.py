"""The services of accounts. Those of the second factor are in accounts/auth/second_factor.py."""

from accounts.services.accounts import (
    deactivate,
    end_access,
    grant_superuser,
    is_last_superuser,
    left_without_admin,
    reset_password,
)
from accounts.services.companies import change_company, create_company
from accounts.services.invitations import accept_invitation, decline_invitation, invite
from accounts.services.members import (
    add_member,
    change_role,
    last_admin_problem,
    remove_member,
)
from accounts.services.tokens import change_password, create_token, reset_login, revoke_token
from accounts.services.withdrawal import withdraw_invitation, withdraw_invitations_of

__all__ = [
    "accept_invitation",
    "add_member",
    "change_company",
    "change_password",
    "change_role",
    "create_company",
    "create_token",
    "deactivate",
    "decline_invitation",
    "end_access",
    "grant_superuser",
    "invite",
    "is_last_superuser",
    "last_admin_problem",
    "left_without_admin",
    "remove_member",
    "reset_login",
    "reset_password",
    "revoke_token",
    "withdraw_invitation",
    "withdraw_invitations_of",
]

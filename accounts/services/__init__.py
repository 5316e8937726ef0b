"""What people ask of accounts. The second factor has its own verbs in accounts/second_factor.py."""

from accounts.services.companies import change_company, create_company
from accounts.services.members import add_member, change_role, remove_member
from accounts.services.tokens import change_password, create_token, reset_login, revoke_token

__all__ = [
    "add_member",
    "change_company",
    "change_password",
    "change_role",
    "create_company",
    "create_token",
    "remove_member",
    "reset_login",
    "revoke_token",
]

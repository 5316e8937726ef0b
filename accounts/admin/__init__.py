"""The operators' admin of people and companies: one module for each kind of row, registered on import."""

from accounts.admin import memberships, users

__all__ = ["memberships", "users"]

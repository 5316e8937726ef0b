"""The admin pages of users and memberships. Importing a module registers its model."""

from accounts.admin import memberships, users

__all__ = ["memberships", "users"]

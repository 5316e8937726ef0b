"""Passwords that operators hand over, and that people must change at the next login."""

import secrets


def new_password() -> str:
    """Return a random password of 120 bits."""
    return secrets.token_urlsafe(15)

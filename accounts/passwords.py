"""Passwords that an operator hands over, to be changed at the first login."""

import secrets


def new_password() -> str:
    """Return a random password of 120 bits."""
    return secrets.token_urlsafe(15)

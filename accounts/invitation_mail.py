"""Sends the mail about an invitation to an e-mail address."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.template.loader import render_to_string

from accounts.models import Invitation

log = logging.getLogger("holdfast.accounts")


def needs_mail(invitation: Invitation) -> bool:
    """Whether mail is configured and the invited name is an e-mail address."""
    if not settings.EMAIL_ENABLED:
        return False
    try:
        validate_email(invitation.name)
    except ValidationError:
        return False
    return True


def send_invitation(invitation: Invitation) -> bool:
    """Send the mail to the address as typed. Return whether it was sent.

    It is sent whether or not an account has the address: else it would reveal which accounts exist.
    """
    page = f"{settings.PUBLIC_URL.geturl()}/settings/invitations"
    text = render_to_string(
        "accounts/invitation_mail.txt", {"invitation": invitation, "page": page}
    )
    try:
        send_mail(f"Invitation to {invitation.company}", text, None, [invitation.name])
    except (SMTPException, OSError) as error:
        log.warning("invitation_mail_failed", extra={"cause": str(error)[:200]})
        return False
    return True

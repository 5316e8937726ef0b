"""The mail about an invitation to an e-mail address."""

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
    """Whether the name was typed as an e-mail address, and mail is configured."""
    if not settings.EMAIL_ENABLED:
        return False
    try:
        validate_email(invitation.name)
    except ValidationError:
        return False
    return True


def send_invitation(invitation: Invitation) -> bool:
    """Mail it to the address as typed, whether or not an account has it. Return whether it was sent."""
    page = f"{settings.PUBLIC_URL.geturl()}/settings/invitations"
    text = render_to_string(
        "accounts/invitation_mail.txt", {"invitation": invitation, "page": page}
    )
    try:
        send_mail(f"Invitation to {invitation.company}", text, None, [invitation.name])
    except (SMTPException, OSError) as error:
        log.warning("an invitation could not be mailed", extra={"cause": str(error)[:200]})
        return False
    return True

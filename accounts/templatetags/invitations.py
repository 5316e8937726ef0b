"""The number of a person's pending invitations, for links to their page."""

from django import template

from accounts.models import Invitation, User
from config.pagination import capped_count

register = template.Library()


@register.simple_tag
def count_invitations(person: User) -> int:
    """Return how many invitations this person can answer now."""
    return capped_count(Invitation.objects.to(person))

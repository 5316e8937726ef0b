"""What a person reaches, for doors that only offer a choice of it."""

import uuid

from accounts.callers import Caller
from accounts.models import User
from volumes.models import Environment


def environment_choices(user: User) -> list[tuple[uuid.UUID, str]]:
    """The environments that a token of this person can be bound to, by company and name."""
    caller = Caller(user=user, token=None, ip=None)
    found = Environment.objects.live().visible_to(caller).select_related("company")
    return [
        (environment.pk, f"{environment.company} / {environment}")
        for environment in found.order_by("company__name", "name")
    ]

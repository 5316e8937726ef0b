"""People around Alice, and what they log in with."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts import services
from accounts.auth import recovery_codes
from accounts.callers import Actor
from accounts.models import Company, Role, Scope, Token, User
from tests.factories import PASSWORD, give_second_factor
from volumes.queries.environments import company_of_environment

LONGEST = "a-name-as-long-as-a-name-may-be-which-is-sixty-three-characters"
MEMBERS = {"bob": Role.VIEWER, "erin": Role.EDITOR, "grace": Role.ADMIN, "heidi": Role.EDITOR}
MEMBERS |= {LONGEST: Role.VIEWER}


def gather(company: Company, actor: Actor) -> dict[str, list[str]]:
    """Everybody's recovery codes, by name. Frank has none: he has no second factor, and no company.

    Alice has invited him, and somebody whom nobody knows.
    """
    User.objects.create_user("frank", password=PASSWORD)
    alice = User.objects.get(username="alice")
    for name in ("frank", "a-name-as-long-as-a-name-may-be@volumes-and-applications.example"):
        services.invite(company=company, name=name, role=Role.EDITOR, inviter=alice, actor=actor)
    return {"frank": []} | {
        name: _member(company, name, role, actor) for name, role in MEMBERS.items()
    }


def _member(company: Company, name: str, role: Role, actor: Actor) -> list[str]:
    person = User.objects.create_user(name, password=PASSWORD)
    give_second_factor(person)
    services.add_member(company=company, person=person, role=role, actor=actor)
    return recovery_codes.renew(person)


def hand_out_tokens(owner: User, environment_id: UUID, actor: Actor) -> None:
    """One in use, one about to end, one that only reads in one environment."""
    now = timezone.now()
    for name, scope, place, ends in (
        (LONGEST, Scope.WRITE, None, None),
        ("deploy", Scope.WRITE, None, None),
        ("nightly-backup", Scope.WRITE, environment_id, now + timedelta(days=3, hours=2)),
        ("grafana", Scope.READ, environment_id, now + timedelta(days=200)),
    ):
        services.create_token(
            owner=owner,
            name=name,
            scope=scope,
            environment_id=place,
            company_id=place and company_of_environment(place),
            expires_at=ends,
            actor=actor,
        )
    used = Token.objects.filter(owner=owner, name__in=["deploy", "nightly-backup"])
    used.update(last_used_at=now - timedelta(hours=5))

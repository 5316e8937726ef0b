"""Set up an installation: create what is missing, by name, and leave the rest unchanged."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.db import transaction

from accounts.auth import second_factor
from accounts.callers import SYSTEM
from accounts.models import Company, Role, Scope, User
from accounts.services import add_member, create_company, create_token
from volumes.models import Environment
from volumes.services.environments import create_environment
from volumes.specs.environment import parse_environment

TOKEN_NAME = "bootstrap"  # noqa: S105  (its name, not its secret)


@dataclass
class BootstrapResult:
    """The output of `bootstrap`. It has secrets only of objects that were just created."""

    companyId: str
    environmentId: str
    userId: str
    username: str
    password: str | None = None
    totpSecret: str | None = None
    recoveryCodes: list[str] | None = None
    token: str | None = None


@transaction.atomic
def bootstrap(
    *,
    company_name: str,
    environment_name: str,
    username: str,
    email: str = "",
    role: Role = Role.ADMIN,
    superuser: bool = False,
    quota: int | None = None,
    company_quota: int | None = None,
) -> BootstrapResult:
    """Create a company, an environment, and a user with a second factor and a token.

    Idempotent by names. Quotas are in MB (MiB) and set only for new objects. Raises Refused for invalid
    names.
    """
    company = Company.objects.filter(name=company_name).first() or create_company(
        name=company_name, storage_quota=company_quota, actor=SYSTEM
    )
    environment = _environment(company, environment_name, quota)
    user, password = _user(username, email, superuser)
    if not company.memberships.filter(user=user).exists():
        add_member(company=company, person=user, role=role, actor=SYSTEM)
    made = BootstrapResult(
        companyId=str(company.pk),
        environmentId=str(environment.pk),
        userId=user.ref,
        username=user.username,
        password=password,
    )
    if not second_factor.is_on(user):
        made.totpSecret, made.recoveryCodes = second_factor.set_up(person=user, actor=SYSTEM)
    if not user.tokens.usable().filter(name=TOKEN_NAME).exists():
        _, made.token = create_token(
            owner=user,
            name=TOKEN_NAME,
            scope=Scope.WRITE,
            environment_id=None,
            company_id=None,
            expires_at=None,
            actor=SYSTEM,
        )
    return made


def _environment(company: Company, name: str, quota: int | None) -> Environment:
    found: Environment | None = company.environments.live().filter(name=name).first()
    if found is not None:
        return found
    spec = parse_environment({"name": name, "resourceQuota": {"storage": quota}})
    return create_environment(company=company, spec=spec, actor=SYSTEM)


def _user(username: str, email: str, superuser: bool) -> tuple[User, str | None]:
    found = User.objects.filter(username=username).first()
    if found is not None:
        return found, None
    password = secrets.token_urlsafe(15)
    user = User(username=username, email=email, is_staff=superuser, is_superuser=superuser)
    user.set_password(password)
    user.full_clean()
    user.save()
    return user, password

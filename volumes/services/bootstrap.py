"""Set up an installation: create what is missing, by name, and leave the rest unchanged."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

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
    unchanged: list[str] = field(default_factory=list)
    """A sentence for each object that existed: what was asked for otherwise, and how to change it."""


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
    unchanged: list[str] = []
    company = _company(company_name, company_quota, unchanged)
    environment = _environment(company, environment_name, quota, unchanged)
    user, password = _user(username, email, superuser, unchanged)
    _member(company, user, role, unchanged)
    made = BootstrapResult(
        companyId=str(company.pk),
        environmentId=str(environment.pk),
        userId=user.ref,
        username=user.username,
        password=password,
        unchanged=unchanged,
    )
    if second_factor.is_on(user):
        unchanged.append(f"The second factor of {username} is on already.")
    else:
        made.totpSecret, made.recoveryCodes = second_factor.set_up(person=user, actor=SYSTEM)
    if user.tokens.usable().filter(name=TOKEN_NAME).exists():
        unchanged.append(f"{username} has a token {TOKEN_NAME} already.")
    else:
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


def _company(name: str, quota: int | None, unchanged: list[str]) -> Company:
    found = Company.objects.filter(name=name).first()
    if found is None:
        return create_company(name=name, storage_quota=quota, actor=SYSTEM)
    unchanged.append(f"The company {name} exists already{_kept_quota(found, quota)}.")
    return found


def _environment(
    company: Company, name: str, quota: int | None, unchanged: list[str]
) -> Environment:
    found: Environment | None = company.environments.live().filter(name=name).first()
    if found is None:
        spec = parse_environment({"name": name, "resourceQuota": {"storage": quota}})
        return create_environment(company=company, spec=spec, actor=SYSTEM)
    unchanged.append(f"The environment {name} exists already{_kept_quota(found, quota)}.")
    return found


def _kept_quota(row: Company | Environment, quota: int | None) -> str:
    if quota in {None, row.storage_quota}:
        return ""
    present = "none" if row.storage_quota is None else f"{row.storage_quota} MB"
    return f"; its quota stays {present}, not {quota} MB"


def _user(
    username: str, email: str, superuser: bool, unchanged: list[str]
) -> tuple[User, str | None]:
    found = User.objects.filter(username=username).first()
    if found is not None:
        unchanged.append(f"The account {username} exists already{_kept_account(found, email)}.")
        if superuser and not found.is_superuser:
            unchanged.append(
                f"{username} is not a superuser and stays so. To change that: grant_superuser {username}"
            )
        return found, None
    password = secrets.token_urlsafe(15)
    user = User(username=username, email=email, is_staff=superuser, is_superuser=superuser)
    user.set_password(password)
    user.full_clean()
    user.save()
    return user, password


def _kept_account(user: User, email: str) -> str:
    return "; its email address stays as it is" if email not in {"", user.email} else ""


def _member(company: Company, user: User, role: Role, unchanged: list[str]) -> None:
    found = company.memberships.filter(user=user).first()
    if found is None:
        add_member(company=company, person=user, role=role, actor=SYSTEM)
        return
    kept = "" if found.role == role else f" and stays so; the role is not changed to {role.value}"
    unchanged.append(f"{user.username} is {found.role} of {company.name} already{kept}.")

"""Rows for tests, with defaults for everything that a test does not set."""

from __future__ import annotations

import base64
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django_otp.plugins.otp_totp.models import TOTPDevice
from factory.declarations import SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from accounts.auth.token_format import digest, new_secret
from accounts.models import Company, Invitation, Membership, Role, Scope, Token, User
from volumes.models import Application, Environment

PASSWORD = "correct horse battery staple"

# What guards real passwords costs 100 MB and a tenth of a second for each log-in of the suite.
Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
Argon2PasswordHasher.memory_cost = 8
_HASH = make_password(PASSWORD)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = Sequence(lambda n: f"person{n}")
    password = _HASH


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = Sequence(lambda n: f"Company {n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = SubFactory(UserFactory)
    company = SubFactory(CompanyFactory)
    role = Role.VIEWER


class InvitationFactory(DjangoModelFactory[Invitation]):
    class Meta:
        model = Invitation

    company = SubFactory(CompanyFactory)
    user = SubFactory(UserFactory)
    name = SelfAttribute("user.username")
    invited_by = SubFactory(UserFactory)
    role = Role.VIEWER


class EnvironmentFactory(DjangoModelFactory[Environment]):
    class Meta:
        model = Environment

    company = SubFactory(CompanyFactory)
    name = Sequence(lambda n: f"environment-{n}")
    created_by = modified_by = "system"


class ApplicationFactory(DjangoModelFactory[Application]):
    class Meta:
        model = Application

    environment = SubFactory(EnvironmentFactory)
    name = Sequence(lambda n: f"app-{n}")
    created_by = modified_by = "system"


def give_second_factor(user: User) -> str:
    """A confirmed device. Returns its secret in base 32, as an authenticator takes it."""
    device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=True)
    return base64.b32encode(device.bin_key).decode()


def give_token(user: User, *, scope: Scope = Scope.WRITE, **fields: Any) -> str:
    """The secret of a new token."""
    secret = new_secret()
    bound = Environment.objects.filter(pk__in=[fields.get("environment_id")]).first()
    if bound:
        fields["company"] = bound.company
    Token.objects.create(
        owner=user, digest=digest(secret), scope=scope, **{"name": "test", **fields}
    )
    return secret

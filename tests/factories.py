"""Rows for tests, with as little said as each needs."""

from __future__ import annotations

import base64

import factory
from django.contrib.auth.hashers import make_password
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Company, Membership, Role, Scope, Token, User
from accounts.tokens import digest, new_secret
from volumes.models import Application, Environment

PASSWORD = "correct horse battery staple"
_HASH = make_password(PASSWORD)  # once: Argon2 is slow on purpose


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person{n}")
    password = _HASH


class CompanyFactory(factory.django.DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")


class MembershipFactory(factory.django.DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    company = factory.SubFactory(CompanyFactory)
    role = Role.VIEWER


class EnvironmentFactory(factory.django.DjangoModelFactory[Environment]):
    class Meta:
        model = Environment

    company = factory.SubFactory(CompanyFactory)
    name = factory.Sequence(lambda n: f"environment-{n}")
    created_by = modified_by = "system"


class ApplicationFactory(factory.django.DjangoModelFactory[Application]):
    class Meta:
        model = Application

    environment = factory.SubFactory(EnvironmentFactory)
    name = factory.Sequence(lambda n: f"app-{n}")
    created_by = modified_by = "system"


def give_second_factor(user: User) -> str:
    """A confirmed device. Returns its secret in base 32, as an authenticator takes it."""
    device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=True)
    return base64.b32encode(device.bin_key).decode()


def give_token(user: User, *, scope: Scope = Scope.WRITE, **fields: object) -> str:
    """The secret of a new token."""
    secret = new_secret()
    Token.objects.create(
        owner=user, digest=digest(secret), scope=scope, **{"name": "test", **fields}
    )
    return secret

"""Many rows, shared by all tests of a module, which only read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Company, Role, User
from tests.factories import (
    CompanyFactory,
    EnvironmentFactory,
    MembershipFactory,
    UserFactory,
    give_second_factor,
    give_token,
)
from tests.scale.load import CHANGED, load
from tests.support.api import Api
from tests.support.browser import Browser
from volumes.models import Environment, Volume


@dataclass(frozen=True)
class LargeInstallation:
    """Who may look at it, and how its addresses begin."""

    api: Api
    browser: Browser
    operator: Browser
    names: dict[str, Any]


@pytest.fixture(scope="module")
def installation(django_db_setup: None, django_db_blocker: Any) -> Iterator[LargeInstallation]:
    with django_db_blocker.unblock(), transaction.atomic():
        company: Company = CompanyFactory.create(name="Acme")
        mine, others = EnvironmentFactory.create_batch(2, company=company)
        robot = UserFactory.create(username="robot")
        load(mine, others, robot)
        yield _large_installation(company, mine)
        transaction.set_rollback(True)


def _large_installation(company: Company, mine: Environment) -> LargeInstallation:
    alice = _person(company, "alice")
    volume = Volume.objects.get(environment=mine, name="volume-50804")
    names = {
        "env": mine.pk,
        "vol": volume.pk,
        "name": volume.name,
        "changed": Volume.objects.get(environment=mine, name=CHANGED).pk,
        "app": mine.applications.earliest("id").pk,
        "company": company.pk,
    }
    return LargeInstallation(
        api=Api(give_token(alice, last_used_at=timezone.now())),
        browser=Browser(alice),
        operator=Browser(_person(company, "olga", is_staff=True, is_superuser=True)),
        names=names,
    )


def _person(company: Company, username: str, **fields: Any) -> User:
    person: User = UserFactory.create(username=username, **fields)
    MembershipFactory.create(user=person, company=company, role=Role.ADMIN)
    give_second_factor(person)
    return person

"""A company of a hundred thousand people is listed by name, from any name on; so are many companies.

After the plans: what was rolled back still lies in the tables and indexes that those would read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Company, Membership, Role
from tests.factories import MembershipFactory, UserFactory, give_second_factor
from tests.scale.plans import watched
from tests.support.browser import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.scale, pytest.mark.xdist_group("scale")]

PEOPLE = """
    INSERT INTO accounts_user
    (username, password, first_name, last_name, email, is_superuser, is_staff, is_active, date_joined,
     credentials_version)
    WITH RECURSIVE numbers(one) AS (SELECT 100000 UNION ALL
     SELECT one + 1 FROM numbers WHERE one < 199999)
    SELECT 'person-' || one, '', '', '', '', FALSE, FALSE, TRUE, %s, 1 FROM numbers
"""
MEMBERS = """
    INSERT INTO accounts_membership (user_id, company_id, role, created_at)
    SELECT person.id, membership.company_id, 'viewer', membership.created_at
    FROM accounts_user person, accounts_membership membership WHERE person.username LIKE 'person-%%'
"""

# SQLite puts all members of the company in order.
NAMED = {"postgresql": 1000, "sqlite": 25_000}


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[Browser]:
    """Who administers a company of so many."""
    with django_db_blocker.unblock(), transaction.atomic():
        alice = MembershipFactory.create(user__username="alice", role=Role.ADMIN).user
        give_second_factor(alice)
        with connection.cursor() as cursor:
            cursor.execute(PEOPLE, [timezone.now()])
            cursor.execute(MEMBERS)
            cursor.execute("ANALYZE")
        yield Browser(alice)
        transaction.set_rollback(True)


@pytest.mark.parametrize("start", ["", "?from=person-15", "?from=person-199"])
def test_a_page_reads_little_more_than_it_shows(crowd: Browser, start: str) -> None:
    with watched() as plans:
        answer = crowd.get(f"/settings/members{start}")
    assert answer.status_code == 200
    assert plans.work <= NAMED[connection.vendor], str(plans)


@pytest.fixture(scope="module")
def everywhere(django_db_setup: None, django_db_blocker: Any) -> Iterator[Browser]:
    """Who administers twenty thousand companies."""
    with django_db_blocker.unblock(), transaction.atomic():
        bob = UserFactory.create(username="bob")
        give_second_factor(bob)
        made = Company.objects.bulk_create(
            Company(name=f"company-{number}") for number in range(20_000)
        )
        Membership.objects.bulk_create(
            Membership(user=bob, company=company, role=Role.ADMIN) for company in made
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield Browser(bob)
        transaction.set_rollback(True)


# PostgreSQL finds out with which of them somebody has to do; SQLite puts those in order as well.
OFFERED = {"postgresql": 500, "sqlite": 5000}


@pytest.mark.parametrize(
    "path", ["/new-environment", "/activity", "/activity?company=company-9999"]
)
def test_no_choice_is_offered_among_too_many_companies(everywhere: Browser, path: str) -> None:
    with watched() as plans:
        answer = everywhere.get(path)
    assert answer.status_code == 200
    assert len(answer.content) < 20_000
    assert plans.work <= OFFERED[connection.vendor], str(plans)

"""What must hold when many do the same at the same moment, on either database."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client

from accounts import services, throttle
from accounts.callers import SYSTEM
from accounts.errors import Refused
from accounts.models import Company, FailureCount, Membership, Role, User
from tests.factories import MembershipFactory
from tests.support.people import WRONG_CODE, give_password
from tests.support.processes import Race, racers

WIDTH = 16

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def race(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Race]:
    with racers(WIDTH) as race:
        yield race


def half_logins(person: User) -> list[str]:
    """The session cookies of browsers that gave the password."""
    cookies = []
    for _ in range(WIDTH):
        client = Client()
        give_password(client, person)
        cookies.append(client.cookies["sessionid"].value)
    return cookies


def give_code(cookie_and_code: tuple[str, str]) -> int:
    cookie, code = cookie_and_code
    client = Client()
    client.cookies["sessionid"] = cookie
    return client.post("/login", {"code": code}).status_code


def give_two_wrong_codes(cookie: str) -> list[int]:
    return [give_code((cookie, WRONG_CODE)), give_code((cookie, WRONG_CODE))]


def test_of_33_wrong_codes_ten_are_looked_at(race: Race, alice: User) -> None:
    cookies = half_logins(alice)
    first = give_code((cookies[0], WRONG_CODE))
    with ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            # None can be counted for a while: who does not stand in line has all of it to be looked at.
            FailureCount.objects.update(count=F("count"))
            racing = beside.submit(race, give_two_wrong_codes, cookies)
            time.sleep(3)
        answers = [first, *(answer for pair in racing.result() for answer in pair)]
    assert (answers.count(200), answers.count(429)) == (10, 23)


def fail(account: str) -> None:
    throttle.passwords(account, "198.51.100.7").failed()


def test_every_failure_is_counted(race: Race, db: None) -> None:
    race(fail, ["alice"] * WIDTH)
    assert sorted(FailureCount.objects.values_list("count", flat=True)) == [WIDTH] * 3


def leave(membership_id: int) -> bool:
    membership = Membership.objects.select_related("company").get(pk=membership_id)
    try:
        services.remove_member(membership=membership, actor=SYSTEM)
    except Refused:
        return False
    return True


def test_when_all_admins_leave_at_once_one_stays(race: Race, company: Company) -> None:
    admins = [MembershipFactory.create(company=company, role=Role.ADMIN).pk for _ in range(WIDTH)]
    assert race(leave, admins).count(False) == 1
    assert company.memberships.admins().count() == 1


def add(company_id: str) -> bool:
    try:
        services.add_member(
            company=Company.objects.get(pk=company_id),
            username="charlie",
            role=Role.VIEWER,
            actor=SYSTEM,
        )
    except Refused:
        return False
    return True


def test_one_person_is_added_once(race: Race, company: Company, charlie: User) -> None:
    assert race(add, [str(company.pk)] * WIDTH).count(True) == 1
    assert charlie.memberships.count() == 2

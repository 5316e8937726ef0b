"""Concurrent logins, invitations and changes of memberships, on both databases."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client

from accounts import services
from accounts.auth import throttling
from accounts.callers import SYSTEM, Actor
from accounts.models import (
    Company,
    FailureCount,
    Invitation,
    Membership,
    Revision,
    Role,
    User,
)
from config.errors import Refused, Throttled
from tests.factories import MembershipFactory
from tests.support.people import WRONG_CODE, give_password
from tests.support.processes import Race, racers

WIDTH = 16

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def race(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Race]:
    with racers(WIDTH) as race:
        yield race


def pending_logins(person: User) -> list[str]:
    """Return the session cookies of browsers with a pending login."""
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


def test_ten_of_33_concurrent_wrong_codes_are_checked(race: Race, alice: User) -> None:
    cookies = pending_logins(alice)
    first = give_code((cookies[0], WRONG_CODE))
    with ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            # Counting failures is blocked. Without the lock, all codes would be checked meanwhile.
            FailureCount.objects.update(count=F("count"))
            racing = beside.submit(race, give_two_wrong_codes, cookies)
            time.sleep(3)
        answers = [first, *(answer for pair in racing.result() for answer in pair)]
    assert (answers.count(200), answers.count(429)) == (10, 23)


def fail(account: str) -> None:
    throttling.password_throttle(account, "198.51.100.7").failed()


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


def test_one_admin_remains_when_all_leave_at_once(race: Race, company: Company) -> None:
    admins = [MembershipFactory.create(company=company, role=Role.ADMIN).pk for _ in range(WIDTH)]
    with ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            # Removing is blocked. Without the company's lock, all would count the others first.
            list(company.memberships.select_for_update())
            leaving = beside.submit(race, leave, admins)
            time.sleep(3)
        assert leaving.result().count(False) == 1
    assert company.memberships.admins().count() == 1


def invite(inviter_id: int) -> bool:
    inviter = User.objects.get(pk=inviter_id)
    services.invite(
        company=Company.objects.get(),
        name="charlie",
        role=Role.VIEWER,
        inviter=inviter,
        actor=Actor(by=inviter.ref, via="session", ip=f"192.0.2.{inviter_id % 250}"),
    )
    return True


def test_one_invitation_exists_when_admins_invite_the_same_name_at_once(
    race: Race, company: Company
) -> None:
    admins = [
        MembershipFactory.create(company=company, role=Role.ADMIN).user_id for _ in range(WIDTH)
    ]
    assert race(invite, admins).count(True) == WIDTH
    assert Invitation.objects.count() == 1


def look_up(name: str) -> bool:
    try:
        throttling.lookup_throttle("user-1", "192.0.2.1").take()
    except Throttled:
        return False
    return True


def test_ten_of_16_concurrent_invitations_pass_the_throttle(race: Race, db: None) -> None:
    assert race(look_up, [f"name-{number}" for number in range(WIDTH)]).count(True) == 10


def respond(verb: str) -> bool:
    charlie = User.objects.get(username="charlie")
    invitation = Invitation.objects.get()
    # All of them have read the invitation before the first one answers.
    time.sleep(0.5)
    do = services.accept_invitation if verb == "accept" else services.decline_invitation
    try:
        do(invitation_id=invitation.pk, person=charlie, actor=SYSTEM)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("verbs", [["accept"] * WIDTH, ["accept", "decline"] * (WIDTH // 2)])
def test_invitation_is_answered_once_when_answers_are_concurrent(
    race: Race, company: Company, alice: User, charlie: User, verbs: list[str]
) -> None:
    Invitation.objects.create(
        company=company, name="charlie", user=charlie, role=Role.VIEWER, invited_by=alice
    )
    answers = race(respond, verbs)
    assert answers.count(True) == 1
    joined = company.memberships.filter(user=charlie).exists()
    assert joined == (verbs[answers.index(True)] == "accept")
    assert not Invitation.objects.exists()
    assert Revision.objects.filter(company=company).count() == 1


def add(company_id: str) -> bool:
    try:
        services.add_member(
            company=Company.objects.get(pk=company_id),
            person=User.objects.get(username="charlie"),
            role=Role.VIEWER,
            actor=SYSTEM,
        )
    except Refused:
        return False
    return True


def test_one_person_is_added_once(race: Race, company: Company, charlie: User) -> None:
    assert race(add, [str(company.pk)] * WIDTH).count(True) == 1
    assert charlie.memberships.count() == 2

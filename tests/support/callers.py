"""All kinds of callers for the tenant matrix, with their tokens and sessions."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import services
from accounts.callers import SYSTEM, Actor
from accounts.models import Company, Invitation, Role, User
from tests.factories import (
    CompanyFactory,
    MembershipFactory,
    UserFactory,
    give_second_factor,
    give_token,
)
from tests.support.api import Api
from tests.support.browser import CSRF, Browser
from tests.support.people import give_password


def member(name: str, company: Company, role: Role = Role.ADMIN, **fields: object) -> User:
    """Create a member with a second factor."""
    person = UserFactory.create(username=name, **fields)
    MembershipFactory.create(user=person, company=company, role=role)
    give_second_factor(person)
    return person


def invited(company: Company, *, by: User) -> Invitation:
    """Invite somebody of another company as an admin. The invitation remains unanswered."""
    if not User.objects.filter(username="invited").exists():
        member("invited", CompanyFactory.create(name="Where the invited works"))
    return services.invite(
        company=company,
        name="invited",
        role=Role.ADMIN,
        inviter=by,
        actor=Actor(by=by.ref, via="session", ip=None),
    )


def half_logged_in(person: User) -> Browser:
    """Return a browser with a pending login."""
    browser = Browser(person)
    browser.client.logout()
    browser.client.cookies["csrftoken"] = CSRF
    assert give_password(browser.client, person, headers=browser.headers).status_code == 200
    return browser


def both_ways(people: dict[str, User]) -> dict[str, Api]:
    """Return two clients for each person: one with a token and one with a session."""
    ways: dict[str, Api] = {}
    for name, person in people.items():
        ways[f"{name}, token"] = Api(give_token(person))
        ways[f"{name}, cookie"] = Browser(person)
    return ways


def everybody(
    company: Company, *, admin: User, editor: User, viewer: User, stranger: User
) -> dict[str, Api]:
    """Return the callers of the matrix.

    The deactivated person and the one without a second factor are admins of the company. The invited
    person has an unanswered invitation as an admin. The reactivated person is an admin, with token and
    session from before the deactivation. The staff member has one permission.
    """
    leaver, careless = member("leaver", company), member("careless", company)
    returned = member("returned", company)
    staff = member("staff", CompanyFactory.create(name="Where staff work"), is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="change_volume"))
    person = invited(company, by=admin).user
    assert person is not None
    insiders = {"viewer": viewer, "editor": editor, "admin": admin}
    people = {"stranger": stranger, "invited": person, "staff": staff, **insiders}
    ended = {"deactivated": leaver, "reactivated": returned}
    ways = both_ways({**people, **ended, "without factor": careless})
    services.end_access(person=returned, actor=SYSTEM)
    leaver.is_active = False
    leaver.save(update_fields=["is_active"])
    TOTPDevice.objects.filter(user=careless).delete()
    half = half_logged_in(member("half", company))
    return {"nobody": Api(None), **ways, "half logged in, cookie": half}

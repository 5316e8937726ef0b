"""Seeing, changing and removing members."""

import re

import pytest
from django.test import Client

from accounts import services
from accounts.callers import SYSTEM
from accounts.models import Company, Membership, Revision, Role, Subject, User
from tests.factories import CompanyFactory, MembershipFactory, UserFactory
from tests.support.people import log_in

PAGE = "/settings/members"


def place(person: User, company: Company) -> Membership:
    return Membership.objects.get(user=person, company=company)


def test_alice_changes_bobs_role(client: Client, alice: User, bob: User, company: Company) -> None:
    log_in(client, alice)
    client.post(f"{PAGE}/{place(bob, company).pk}/role", {"role": "editor"})
    assert place(bob, company).role == Role.EDITOR
    entry = Revision.objects.get(subject=Subject.MEMBER)
    assert (entry.action, entry.changes) == ("update", {"role": ["viewer", "editor"]})


def test_the_same_role_again_changes_nothing(
    client: Client, alice: User, bob: User, company: Company
) -> None:
    log_in(client, alice)
    client.post(f"{PAGE}/{place(bob, company).pk}/role", {"role": "viewer"})
    assert not Revision.objects.filter(subject=Subject.MEMBER).exists()


def test_alice_removes_bob(client: Client, alice: User, bob: User, company: Company) -> None:
    log_in(client, alice)
    client.post(f"{PAGE}/{place(bob, company).pk}/remove")
    assert not company.memberships.filter(user=bob).exists()
    entry = Revision.objects.get(subject=Subject.MEMBER)
    assert (entry.action, entry.changes) == ("delete", {"role": ["viewer", None]})


def test_bob_leaves(client: Client, bob: User, company: Company) -> None:
    log_in(client, bob)
    assert "Leave Acme" in client.get(PAGE).text
    client.post(f"{PAGE}/{place(bob, company).pk}/remove")
    assert not company.memberships.filter(user=bob).exists()


def test_last_admin_cannot_leave_or_be_demoted(
    client: Client, alice: User, bob: User, company: Company
) -> None:
    log_in(client, alice)
    mine = place(alice, company)
    demoted = client.post(f"{PAGE}/{mine.pk}/role", {"role": "viewer"}, follow=True)
    left = client.post(f"{PAGE}/{mine.pk}/remove", follow=True)
    assert "alice is the only admin of Acme." in demoted.text
    assert "alice is the only admin of Acme." in left.text
    assert place(alice, company).role == Role.ADMIN
    assert not Revision.objects.filter(subject=Subject.MEMBER).exists()


def test_deactivated_admin_does_not_count_as_remaining_admin(
    client: Client, alice: User, company: Company
) -> None:
    MembershipFactory.create(
        user=UserFactory.create(is_active=False), company=company, role=Role.ADMIN
    )
    log_in(client, alice)
    client.post(f"{PAGE}/{place(alice, company).pk}/remove")
    assert place(alice, company).role == Role.ADMIN


def test_one_of_two_admins_can_leave(
    client: Client, alice: User, bob: User, company: Company
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    log_in(client, alice)
    client.post(f"{PAGE}/{place(alice, company).pk}/remove")
    assert not company.memberships.filter(user=alice).exists()


@pytest.mark.parametrize("verb", ["role", "remove"])
def test_viewer_cannot_manage_members(
    client: Client, alice: User, bob: User, company: Company, verb: str
) -> None:
    log_in(client, bob)
    response = client.post(f"{PAGE}/{place(alice, company).pk}/{verb}", {"role": "viewer"})
    assert response.status_code == 403
    assert place(alice, company).role == Role.ADMIN


def test_viewer_cannot_promote_himself(client: Client, bob: User, company: Company) -> None:
    log_in(client, bob)
    url = f"{PAGE}/{place(bob, company).pk}/role"
    assert client.post(url, {"role": "admin"}).status_code == 403
    assert place(bob, company).role == Role.VIEWER


@pytest.mark.parametrize("who", ["erin", "bob"])
def test_members_page_of_a_viewer_shows_names_and_roles_only(
    client: Client, request: pytest.FixtureRequest, alice: User, erin: User, bob: User, who: str
) -> None:
    log_in(client, request.getfixturevalue(who))
    page = client.get(PAGE).text
    rows = re.findall(r">(\w+)[^>]*(?:<span.*?</span>)?</th>\s*<td[^>]*\"Role\">(\w+)<", page)
    assert rows == [("alice", "Admin"), ("bob", "Viewer"), ("erin", "Editor")]
    assert "Two-factor authentication" not in page
    assert "Send invitation" not in page
    assert client.post(PAGE, {"username": "charlie", "role": "viewer"}).status_code == 403


def test_admins_see_who_has_a_second_factor(
    client: Client, alice: User, bob: User, dora: User
) -> None:
    log_in(client, alice)
    page = client.get(PAGE).text
    shown = re.findall(r'<td[^>]*"Two-factor authentication">(\w+)</td>', page)
    assert shown == ["on", "on", "off"]


def test_only_admins_see_that_a_member_is_deactivated(
    client: Client, alice: User, bob: User, company: Company
) -> None:
    MembershipFactory.create(
        user=UserFactory.create(username="gone", is_active=False), company=company
    )
    assert "deactivated" in log_in(client, alice).get(PAGE).text
    page = log_in(Client(), bob).get(PAGE).text
    assert ("gone" in page, "deactivated" in page) == (True, False)


def test_members_page_shows_the_company_of_the_query(
    client: Client, alice: User, bob: User
) -> None:
    other = MembershipFactory.create(user=bob, company__name="Zebra").company
    MembershipFactory.create(user__username="zoe", company=other)
    log_in(client, bob)
    assert "zoe" not in client.get(PAGE).text
    page = client.get(f"{PAGE}?company={other.pk}").text
    assert ("zoe" in page, "alice" in page) == (True, False)


def test_default_company_does_not_change_when_others_promote_the_member(
    client: Client, alice: User, company: Company
) -> None:
    other = CompanyFactory.create(name="Aardvark")
    place = MembershipFactory.create(user=alice, company=other)
    services.change_role(membership=place, role=Role.ADMIN, actor=SYSTEM)
    log_in(client, alice)
    assert "Members of Acme" in client.get(PAGE).text


def test_lowering_ones_own_role_needs_a_confirmation(
    client: Client, alice: User, bob: User, company: Company
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    log_in(client, alice)
    url = f"{PAGE}/{place(alice, company).pk}/role"
    asked = client.post(url, {"role": "viewer"})
    assert "Lower your own role" in asked.text
    assert place(alice, company).role == Role.ADMIN
    answer = client.post(url, {"role": "viewer", "confirmed": "true"}, follow=True)
    assert "You are now a viewer of Acme." in answer.text
    assert place(alice, company).role == Role.VIEWER


def test_long_list_of_members_is_paginated_by_name(
    client: Client, alice: User, company: Company
) -> None:
    for number in range(50):
        MembershipFactory.create(user__username=f"member-{number:02d}", company=company)
    log_in(client, alice)
    first = client.get(f"{PAGE}?company={company.pk}").text
    assert f"?company={company.pk}&amp;from=member-49" in first
    assert ("member-48</th>" in first, "member-49</th>" in first) == (True, False)
    second = client.get(f"{PAGE}?from=member-49").text
    assert ("member-48</th>" in second, "member-49</th>" in second) == (False, True)
    assert "?from=alice" in second


def test_list_of_members_can_start_at_any_name(
    client: Client, alice: User, company: Company
) -> None:
    for name in ("bert", "carl", "dora"):
        MembershipFactory.create(user__username=name, company=company)
    log_in(client, alice)
    page = client.get(f"{PAGE}?from=c").text
    assert [f"{name}</th>" in page for name in ("bert", "carl", "dora")] == [False, True, True]
    assert 'rel="next"' not in page
    assert 'rel="prev"' not in client.get(f"{PAGE}?from=a").text


def test_long_list_of_own_companies_is_paginated(client: Client, alice: User) -> None:
    for number in range(50):
        MembershipFactory.create(user=alice, company__name=f"Zebra {number:02d}")
    log_in(client, alice)
    first = client.get(PAGE).text
    assert ("Zebra 48</th>" in first, "Zebra 49</th>" in first) == (True, False)
    assert "?place=Zebra+49" in first
    last = client.get(f"{PAGE}?place=Zebra+49").text
    assert ("Zebra 48</th>" in last, "Zebra 49</th>" in last) == (False, True)
    assert "?place=Acme" in last


def test_non_member_gets_404_for_everything_of_the_company(
    client: Client, alice: User, charlie: User, company: Company
) -> None:
    log_in(client, charlie)
    assert client.get(f"{PAGE}?company={company.pk}").status_code == 404
    assert client.post(f"{PAGE}/{place(alice, company).pk}/remove").status_code == 404


@pytest.mark.parametrize("company", ["x", "", "%00", "1" * 4000])
def test_malformed_company_id_is_404(client: Client, db: None, company: str) -> None:
    log_in(client, UserFactory.create())
    assert client.get(f"{PAGE}?company={company}").status_code in {400, 404}


def test_impossible_member_id_is_404(client: Client, alice: User) -> None:
    log_in(client, alice)
    assert client.post(f"{PAGE}/{2**70}/remove").status_code == 404


def test_unknown_role_is_404(client: Client, alice: User, bob: User, company: Company) -> None:
    log_in(client, alice)
    response = client.post(f"{PAGE}/{place(bob, company).pk}/role", {"role": "owner"})
    assert response.status_code == 404

"""Adding, changing and removing members."""

import pytest
from django.test import Client

from accounts.models import Company, Membership, Revision, Role, Subject, User
from tests.factories import CompanyFactory, MembershipFactory, UserFactory
from tests.support.people import log_in

PAGE = "/settings/members"


def place(person: User, company: Company) -> Membership:
    return Membership.objects.get(user=person, company=company)


def test_alice_adds_charlie_by_his_name(
    client: Client, alice: User, charlie: User, company: Company
) -> None:
    log_in(client, alice)
    client.post(PAGE, {"username": "charlie", "role": "editor"})
    assert place(charlie, company).role == Role.EDITOR
    entry = Revision.objects.get(subject=Subject.MEMBER)
    assert (entry.action, entry.subject_id, entry.by) == ("create", charlie.ref, alice.ref)
    assert entry.changes == {"role": [None, "editor"]}
    assert entry.company == company


def test_the_company_is_the_one_of_the_address(
    client: Client, alice: User, charlie: User, company: Company
) -> None:
    other = CompanyFactory.create(name="Zebra")
    MembershipFactory.create(user=alice, company=other, role=Role.ADMIN)
    log_in(client, alice)
    client.post(f"{PAGE}?company={other.pk}", {"username": "charlie", "role": "viewer"})
    assert place(charlie, other).role == Role.VIEWER
    assert not Membership.objects.filter(user=charlie, company=company).exists()


def test_a_name_that_does_not_exist_is_said(client: Client, alice: User) -> None:
    log_in(client, alice)
    page = client.post(PAGE, {"username": "nobody", "role": "viewer"}).text
    assert "There is no account with this name." in page


def test_looking_for_names_is_slow(client: Client, alice: User, charlie: User) -> None:
    log_in(client, alice)
    answers = [
        client.post(PAGE, {"username": f"nobody{n}", "role": "viewer"}).status_code
        for n in range(11)
    ]
    assert answers == [200] * 10 + [429]
    response = client.post(PAGE, {"username": "charlie", "role": "viewer"})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 300


def test_who_is_a_member_cannot_be_added_again(client: Client, alice: User, bob: User) -> None:
    log_in(client, alice)
    page = client.post(PAGE, {"username": "bob", "role": "admin"}).text
    assert "bob is a member already." in page
    assert bob.memberships.get().role == Role.VIEWER


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


def test_the_last_admin_stays(client: Client, alice: User, bob: User, company: Company) -> None:
    log_in(client, alice)
    mine = place(alice, company)
    demoted = client.post(f"{PAGE}/{mine.pk}/role", {"role": "viewer"}, follow=True)
    left = client.post(f"{PAGE}/{mine.pk}/remove", follow=True)
    assert "alice is the last admin of Acme." in demoted.text
    assert "alice is the last admin of Acme." in left.text
    assert place(alice, company).role == Role.ADMIN
    assert not Revision.objects.filter(subject=Subject.MEMBER).exists()


def test_an_admin_who_is_switched_off_does_not_count(
    client: Client, alice: User, company: Company
) -> None:
    MembershipFactory.create(
        user=UserFactory.create(is_active=False), company=company, role=Role.ADMIN
    )
    log_in(client, alice)
    client.post(f"{PAGE}/{place(alice, company).pk}/remove")
    assert place(alice, company).role == Role.ADMIN


def test_one_of_two_admins_may_go(client: Client, alice: User, bob: User, company: Company) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    log_in(client, alice)
    client.post(f"{PAGE}/{place(alice, company).pk}/remove")
    assert not company.memberships.filter(user=alice).exists()


@pytest.mark.parametrize("verb", ["role", "remove"])
def test_bob_manages_nobody(
    client: Client, alice: User, bob: User, company: Company, verb: str
) -> None:
    log_in(client, bob)
    response = client.post(f"{PAGE}/{place(alice, company).pk}/{verb}", {"role": "viewer"})
    assert response.status_code == 404
    assert place(alice, company).role == Role.ADMIN


def test_bob_does_not_make_himself_admin(client: Client, bob: User, company: Company) -> None:
    log_in(client, bob)
    url = f"{PAGE}/{place(bob, company).pk}/role"
    assert client.post(url, {"role": "admin"}).status_code == 404
    assert place(bob, company).role == Role.VIEWER


def test_bob_sees_his_places_and_nobody_elses(client: Client, alice: User, bob: User) -> None:
    log_in(client, bob)
    page = client.get(PAGE).text
    assert "Acme" in page
    assert "alice" not in page
    assert client.post(PAGE, {"username": "charlie", "role": "admin"}).status_code == 404


def test_many_members_stand_on_several_pages_by_name(
    client: Client, alice: User, company: Company
) -> None:
    for number in range(50):
        MembershipFactory.create(user__username=f"member-{number:02d}", company=company)
    log_in(client, alice)
    first = client.get(f"{PAGE}?company={company.pk}").text
    assert f"?company={company.pk}&amp;from=member-49" in first
    assert ("member-48</td>" in first, "member-49</td>" in first) == (True, False)
    second = client.get(f"{PAGE}?from=member-49").text
    assert ("member-48</td>" in second, "member-49</td>" in second) == (False, True)
    assert "?from=alice" in second


def test_a_list_of_members_goes_on_at_any_name(
    client: Client, alice: User, company: Company
) -> None:
    for name in ("bert", "carl", "dora"):
        MembershipFactory.create(user__username=name, company=company)
    log_in(client, alice)
    page = client.get(f"{PAGE}?from=c").text
    assert [f"{name}</td>" in page for name in ("bert", "carl", "dora")] == [False, True, True]
    assert 'rel="next"' not in page
    assert 'rel="prev"' not in client.get(f"{PAGE}?from=a").text


def test_who_belongs_to_many_companies_sees_them_page_by_page(client: Client, alice: User) -> None:
    for number in range(50):
        MembershipFactory.create(user=alice, company__name=f"Zebra {number:02d}")
    log_in(client, alice)
    first = client.get(PAGE).text
    assert ("Zebra 48</td>" in first, "Zebra 49</td>" in first) == (True, False)
    assert "?place=Zebra+49" in first
    last = client.get(f"{PAGE}?place=Zebra+49").text
    assert ("Zebra 48</td>" in last, "Zebra 49</td>" in last) == (False, True)
    assert "?place=Acme" in last


def test_charlie_finds_nothing_of_the_company(
    client: Client, alice: User, charlie: User, company: Company
) -> None:
    log_in(client, charlie)
    assert client.get(f"{PAGE}?company={company.pk}").status_code == 404
    assert client.post(f"{PAGE}/{place(alice, company).pk}/remove").status_code == 404


@pytest.mark.parametrize("company", ["x", "", "%00", "1" * 4000])
def test_a_company_that_is_no_identifier_is_not_found(
    client: Client, db: None, company: str
) -> None:
    log_in(client, UserFactory.create())
    assert client.get(f"{PAGE}?company={company}").status_code in {400, 404}


def test_a_member_that_cannot_exist_is_not_found(client: Client, alice: User) -> None:
    log_in(client, alice)
    assert client.post(f"{PAGE}/{2**70}/remove").status_code == 404


def test_an_unknown_role_is_not_found(
    client: Client, alice: User, bob: User, company: Company
) -> None:
    log_in(client, alice)
    response = client.post(f"{PAGE}/{place(bob, company).pk}/role", {"role": "owner"})
    assert response.status_code == 404

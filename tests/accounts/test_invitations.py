"""Inviting, accepting and declining. Until then the company sees nothing of the person."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import services
from accounts.callers import SYSTEM, Actor
from accounts.models import Company, Invitation, Membership, Revision, Role, Subject, User
from config.errors import Refused
from tests.factories import CompanyFactory, MembershipFactory, UserFactory, give_token
from tests.support.people import log_in
from tests.support.words import text

MEMBERS = "/settings/members"
PAGE = "/settings/invitations"


@pytest.fixture
def alices(alice: User) -> Client:
    return log_in(Client(), alice)


@pytest.fixture
def charlies(charlie: User) -> Client:
    return log_in(Client(), charlie)


def invite(client: Client, name: str = "charlie", role: str = "editor") -> Any:
    return client.post(MEMBERS, {"username": name, "role": role})


def answer(client: Client, verb: str, *, of: Invitation | None = None, **options: Any) -> Any:
    invitation = of or Invitation.objects.get()
    return client.post(f"{PAGE}/{invitation.pk}/{verb}", **options)


def export(client: Client) -> str:
    response: Any = client.get("/activity.csv")
    return b"".join(response.streaming_content).decode()


def actions(company: Company | None) -> list[tuple[str, str, str]]:
    found = Revision.objects.filter(company=company).order_by("pk")
    return list(found.values_list("action", "subject", "subject_name"))


def looks(response: Any, name: str) -> str:
    """Return a page without what always differs: the name, CSRF tokens and ids."""
    page = re.sub(r'csrfmiddlewaretoken" value="[^"]*', "", response.text)
    page = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", page)
    page = re.sub(r'datetime="[^"]*"|title="[^"]*"', "", page)
    return page.replace(name, "NAME")


def test_invited_person_is_not_a_member_yet(
    alices: Client, charlie: User, company: Company, api: Any, environment: Any
) -> None:
    assert invite(alices)["Location"] == f"{MEMBERS}?company={company.pk}"
    assert not company.memberships.filter(user=charlie).exists()
    assert api(charlie).get("/environments").json() == []
    assert api(charlie).get(f"/environments/{environment.pk}").status_code == 404


def test_company_sees_only_the_name_as_typed(
    alices: Client, alice: User, charlie: User, company: Company
) -> None:
    invite(alices)
    give_token(charlie, name="charlies-key")
    services.change_password(
        user=charlie,
        password="a new password of his",
        actor=Actor(charlie.ref, "session", "203.0.113.9"),
    )
    (entry,) = Revision.objects.filter(company=company)
    assert (entry.action, entry.subject, entry.subject_name) == ("invite", "invitation", "charlie")
    assert entry.subject_id == str(Invitation.objects.get().pk)
    assert (entry.by, entry.changes) == (alice.ref, {"role": [None, "editor"]})


def test_unknown_name_gets_the_same_responses(alices: Client, alice: User, charlie: User) -> None:
    invite(alices, "warm-up")
    Invitation.objects.all().delete()
    Revision.objects.all().delete()
    alices.get(MEMBERS)
    pages, costs = [], []
    for name in ("charlie", "nobodyx"):
        with CaptureQueriesContext(connection) as counted:
            response = alices.post(MEMBERS, {"username": name, "role": "editor"})
        costs.append(len(counted))
        shown = alices.get(response["Location"])
        activity = alices.get("/activity")
        exported = export(alices)
        pages.append((response.status_code, looks(shown, name), looks(activity, name)))
        assert name in exported
        Invitation.objects.all().delete()
        Revision.objects.all().delete()
    assert pages[0] == pages[1]
    assert costs[0] == costs[1]


def test_accepting_creates_a_membership_with_the_offered_role(
    alices: Client, charlies: Client, charlie: User, company: Company
) -> None:
    invite(alices)
    assert "Acme" in charlies.get(PAGE).text
    page = answer(charlies, "accept", follow=True)
    assert "You are now an editor of Acme." in page.text
    assert company.memberships.get(user=charlie).role == Role.EDITOR
    assert not Invitation.objects.exists()
    assert actions(company) == [
        ("invite", "invitation", "charlie"),
        ("accept", "member", "charlie"),
    ]


def test_declining_reveals_only_the_name_to_the_company(
    alices: Client, charlies: Client, charlie: User, company: Company
) -> None:
    invite(alices)
    assert "Declined the invitation to Acme." in answer(charlies, "decline", follow=True).text
    assert not company.memberships.filter(user=charlie).exists()
    assert not Invitation.objects.exists()
    entry = Revision.objects.get(company=company, action="decline")
    assert (entry.by, entry.ip, entry.subject_name) == ("system", None, "charlie")
    kept = Revision.objects.get(company=None)
    assert (kept.action, kept.by, kept.ip) == ("decline", charlie.ref, "127.0.0.1")
    assert "charlie declined the invitation for charlie" in text(alices.get("/activity"))
    assert charlie.ref not in alices.get("/activity").text


def test_company_does_not_see_the_ip_address_of_who_accepts(
    alices: Client, charlies: Client, company: Company
) -> None:
    invite(alices)
    answer(charlies, "accept", REMOTE_ADDR="203.0.113.9")
    exported = export(alices)
    assert "203.0.113.9" not in exported
    assert "accept" in exported
    assert Revision.objects.get(action="accept").ip == "203.0.113.9"


def test_withdrawing_ends_it(alices: Client, charlies: Client, company: Company) -> None:
    invite(alices)
    invitation = Invitation.objects.get()
    place = f"{MEMBERS}/invitation/{invitation.pk}/withdraw"
    assert "Withdrew the invitation for charlie." in alices.post(place, follow=True).text
    assert "Acme" not in charlies.get(PAGE).text
    assert answer(charlies, "accept", of=invitation).status_code == 404
    assert alices.post(place).status_code == 404
    assert actions(company)[-1] == ("withdraw", "invitation", "charlie")


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_invitation_can_be_answered_only_by_its_person(
    alices: Client, charlie: User, company: Company, verb: str
) -> None:
    invite(alices)
    non_member = MembershipFactory.create(company__name="Far away").user
    assert answer(log_in(Client(), non_member), verb).status_code == 404
    assert answer(alices, verb).status_code == 404
    assert Invitation.objects.exists()


def test_invitation_can_be_withdrawn_only_by_admins_of_the_company(
    alices: Client, charlies: Client, bob: User, company: Company
) -> None:
    invite(alices, "somebody")
    place = f"{MEMBERS}/invitation/{Invitation.objects.get().pk}/withdraw"
    assert charlies.post(place).status_code == 404
    assert log_in(Client(), bob).post(place).status_code == 404
    assert Invitation.objects.exists()


def test_invitation_cannot_be_answered_twice(
    alices: Client, charlies: Client, charlie: User
) -> None:
    invite(alices)
    invitation = Invitation.objects.get()
    answer(charlies, "accept", of=invitation)
    assert answer(charlies, "accept", of=invitation).status_code == 404
    with pytest.raises(Refused, match="no longer pending"):
        services.accept_invitation(invitation_id=invitation.pk, person=charlie, actor=SYSTEM)


def test_invitation_expires_after_14_days(
    alices: Client, charlies: Client, charlie: User, company: Company
) -> None:
    invite(alices)
    invitation = Invitation.objects.get()
    assert invitation.expires_at - invitation.created_at == pytest.approx(
        timedelta(days=14), abs=timedelta(seconds=1)
    )
    Invitation.objects.update(expires_at=timezone.now())
    assert "Acme" not in charlies.get(PAGE).text
    assert "Withdraw" not in alices.get(MEMBERS).text
    assert answer(charlies, "accept", of=invitation).status_code == 404
    invite(alices, "somebody")
    assert [one.name for one in Invitation.objects.all()] == ["somebody"]


def test_inviting_again_renews_the_invitation(
    alices: Client, charlies: Client, charlie: User
) -> None:
    invite(alices)
    Invitation.objects.update(expires_at=timezone.now())
    assert "Invited charlie to Acme." in alices.get(invite(alices, role="viewer")["Location"]).text
    answer(charlies, "accept")
    assert Membership.objects.get(user=charlie, company__name="Acme").role == Role.VIEWER


def test_inviting_a_member_is_refused(alices: Client, bob: User) -> None:
    assert "bob is already a member." in invite(alices, "bob").text
    assert not Invitation.objects.exists()


def test_accepting_is_refused_when_the_person_is_already_a_member(
    alices: Client, charlies: Client, charlie: User, company: Company
) -> None:
    invite(alices, role="admin")
    invitation = Invitation.objects.get()
    services.add_member(company=company, person=charlie, role=Role.VIEWER, actor=SYSTEM)
    assert answer(charlies, "accept", of=invitation).status_code == 404
    # Not after they were removed again, either.
    place = company.memberships.get(user=charlie)
    services.remove_member(membership=place, actor=SYSTEM)
    assert answer(charlies, "accept", of=invitation).status_code == 404


def test_deactivated_account_cannot_be_invited(
    alices: Client, charlie: User, company: Company
) -> None:
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert invite(alices).status_code == 302
    User.objects.filter(pk=charlie.pk).update(is_active=True)
    assert "Acme" not in log_in(Client(), charlie).get(PAGE).text


def test_account_that_gets_the_name_later_does_not_inherit_the_invitation(
    alices: Client, company: Company
) -> None:
    invite(alices, "later", role="admin")
    later = UserFactory.create(username="later")
    assert "Acme" not in log_in(Client(), later).get(PAGE).text
    with pytest.raises(Refused):
        services.accept_invitation(
            invitation_id=Invitation.objects.get().pk, person=later, actor=SYSTEM
        )


def demote(place: Membership) -> None:
    services.change_role(membership=place, role=Role.EDITOR, actor=SYSTEM)


def remove(place: Membership) -> None:
    services.remove_member(membership=place, actor=SYSTEM)


@pytest.mark.parametrize("end", [demote, remove])
def test_invitations_end_when_the_inviter_is_no_longer_admin(
    alices: Client, charlies: Client, alice: User, company: Company, end: Any
) -> None:
    MembershipFactory.create(company=company, role=Role.ADMIN)
    invite(alices, role="admin")
    invitation = Invitation.objects.get()
    end(company.memberships.get(user=alice))
    assert answer(charlies, "accept", of=invitation).status_code == 404
    assert ("withdraw", "invitation", "charlie") in actions(company)
    # Restoring the role does not make the invitation pending again.
    Membership.objects.update_or_create(user=alice, company=company, defaults={"role": Role.ADMIN})
    assert answer(charlies, "accept", of=invitation).status_code == 404


def test_invitations_of_a_deactivated_admin_are_not_pending(
    alices: Client, charlies: Client, alice: User
) -> None:
    invite(alices, role="admin")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "Acme" not in charlies.get(PAGE).text
    assert answer(charlies, "accept").status_code == 404


def test_inviting_is_refused_when_the_inviter_is_no_longer_admin(
    bob: User, company: Company
) -> None:
    with pytest.raises(Refused, match="Only admins of Acme"):
        services.invite(company=company, name="friend", role=Role.ADMIN, inviter=bob, actor=SYSTEM)


def test_accepting_is_refused_when_the_company_was_deleted(
    alices: Client, charlies: Client, charlie: User, company: Company
) -> None:
    invite(alices)
    invitation = Invitation.objects.get()
    company.delete()
    assert answer(charlies, "accept", of=invitation).status_code == 404
    with pytest.raises(Refused):
        services.accept_invitation(invitation_id=invitation.pk, person=charlie, actor=SYSTEM)


def test_throttle_counts_every_invited_name(alices: Client, company: Company) -> None:
    for number in range(10):
        UserFactory.create(username=f"real-{number}")
        assert invite(alices, f"real-{number}").status_code == 302
    response = invite(alices, "real-0")
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 300
    assert Invitation.objects.count() == 10


def test_throttle_counts_names_of_members(alices: Client, bob: User) -> None:
    found = [invite(alices, "bob").status_code for _ in range(11)]
    assert found == [200] * 10 + [429]


def test_pending_invitations_are_limited(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.MAX_PENDING_INVITATIONS", 1)
    invite(alices, "first")
    assert "Too many invitations are pending." in invite(alices, "second").text
    assert invite(alices, "first").status_code == 302


@pytest.mark.parametrize("name", ["", " ", "x" * 151, "nul\0", "line\nbreak", "\u202eevil"])
def test_inviting_an_invalid_name_is_refused(alices: Client, name: str) -> None:
    assert invite(alices, name).status_code == 200
    assert not Invitation.objects.exists()


def test_settings_show_the_number_of_pending_invitations(alices: Client, charlies: Client) -> None:
    assert "Invitations&nbsp;" not in charlies.get("/settings/tokens").text
    invite(alices)
    page = charlies.get("/settings/tokens").text
    assert 'Invitations&nbsp;<span class="figures">1</span>' in page
    assert "1 invitation</a> to join a company" in charlies.get("/").text
    assert "Invitations&nbsp;" not in alices.get("/settings/tokens").text


def test_invitation_page_shows_what_tokens_will_give_access_to(
    alices: Client, charlies: Client, charlie: User
) -> None:
    invite(alices)
    assert "will reach" not in charlies.get(PAGE).text
    give_token(charlie)
    assert "Your 1 token without an environment will reach" in charlies.get(PAGE).text


def test_accepting_the_role_admin_is_not_a_promotion(alices: Client, alice: User, api: Any) -> None:
    person = UserFactory.create(username="newcomer")
    invite(alices, "newcomer", role="admin")
    answer(log_in(Client(), person), "accept")
    assert Membership.objects.accepted_admins().filter(user=person).exists()


def test_invitation_does_not_change_the_default_company(
    alices: Client, charlies: Client, charlie: User, api: Any
) -> None:
    elsewhere = charlie.memberships.get().company
    program = api(charlie)
    invite(alices, role="admin")
    made = program.post("/environments", {"name": "one"})
    assert (made.status_code, made.json()["companyIdRef"]) == (201, str(elsewhere.pk))
    answer(charlies, "accept")
    assert program.post("/environments", {"name": "two"}).status_code == 400


def test_long_list_of_invitations_is_paginated(
    alices: Client, charlies: Client, alice: User, charlie: User, company: Company
) -> None:
    for number in range(51):
        other = CompanyFactory.create(name=f"Zebra {number:02d}")
        MembershipFactory.create(user=alice, company=other, role=Role.ADMIN)
        Invitation.objects.create(
            company=other, name="charlie", user=charlie, role=Role.VIEWER, invited_by=alice
        )
        Invitation.objects.create(
            company=company, name=f"name-{number:02d}", role=Role.VIEWER, invited_by=alice
        )
    assert "1–50 of 51" in charlies.get(PAGE).text
    page = alices.get(f"{MEMBERS}?company={company.pk}").text
    assert ("name-49" in page, "invited=name-50" in page) == (True, True)


def test_history_of_an_invitation_links_to_no_account(
    alices: Client, alice: User, company: Company
) -> None:
    invite(alices)
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    page = alices.get("/admin/accounts/revision/")
    assert page.status_code == 200
    assert "invitation charlie" in text(page)
    assert Revision.objects.filter(subject=Subject.INVITATION).exists()

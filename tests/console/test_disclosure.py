"""A company's activity shows only what concerns the company: pages, parts of pages, and the export."""

import csv
import io
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from accounts import services
from accounts.auth import second_factor
from accounts.callers import Actor
from accounts.models import Company, Membership, Revision, Scope, Subject, Token, User
from tests.factories import CompanyFactory, EnvironmentFactory, MembershipFactory, give_token
from tests.support.words import text
from volumes.models import Environment

HOME = "203.0.113.9"


@pytest.fixture
def actor(bob):
    return Actor(by=bob.ref, via="session", ip=HOME)


@pytest.fixture
def elsewhere(bob):
    """A second company of Bob's, with an environment."""
    company = CompanyFactory.create(name="Zebra")
    MembershipFactory.create(user=bob, company=company)
    return EnvironmentFactory.create(company=company, name="stables")


@pytest.fixture
def seen(alices, company):
    """`seen()` is all that Alice can read of her company's activity, with the rows of the export."""

    def read():
        address = f"company={company.pk}"
        pages = [
            alices.get(f"/activity?{address}").text,
            alices.get(f"/activity?{address}", headers={"HX-Request": "true"}).text,
        ]
        exported = b"".join(alices.get(f"/activity.csv?{address}").streaming_content).decode()
        rows = list(csv.DictReader(io.StringIO(exported, newline="")))
        return "\n".join([*pages, exported]), rows

    return read


def create_token(bob, actor, place=None):
    services.create_token(
        owner=bob,
        name="deploy-key",
        scope=Scope.READ,
        environment_id=place and place.pk,
        company_id=place and place.company_id,
        expires_at=None,
        actor=actor,
    )


def change_password(bob, actor):
    services.change_password(user=bob, password="a new password of bob's", actor=actor)


def renew_codes(bob, actor):
    second_factor.renew_recovery_codes(person=bob, actor=actor)


def turn_off(bob, actor):
    second_factor.switch_off(person=bob, actor=actor)


@pytest.mark.parametrize("change", [change_password, renew_codes, turn_off, create_token])
def test_a_change_of_ones_own_login_is_shown_without_address(bob, actor, seen, change):
    change(bob, actor)
    words, rows = seen()
    assert HOME not in words
    assert [(row["by"], row["ip"]) for row in rows] == [(bob.ref, "")]
    assert Revision.objects.get(subject_id=bob.ref).ip == HOME  # which operators see


def test_an_address_that_was_recorded_before_is_not_shown_either(bob, seen, company):
    for subject in (Subject.PASSWORD, Subject.SECOND_FACTOR, Subject.TOKEN, Subject.ACCOUNT):
        Revision.objects.create(
            company=company,
            subject=subject,
            subject_id=bob.ref,
            subject_name="bob",
            action="update",
            by=bob.ref,
            via="session",
            ip=HOME,
            changes={"email": ["", "bob@home.example"], "isActive": [True, False]},
        )
    words, rows = seen()
    assert HOME not in words
    changes = {row["subject"]: row["changes"] for row in rows}
    assert changes["account"] == '{"isActive": [true, false]}'


def test_a_token_without_limit_is_shown_where_its_owner_is_a_member(
    bob, actor, seen, elsewhere, company
):
    create_token(bob, actor)
    assert "deploy-key" in seen()[0]
    found = Revision.objects.filter(subject=Subject.TOKEN).values_list("company", flat=True)
    assert set(found) == {company.pk, elsewhere.company_id}


def test_a_token_of_another_company_is_not_shown(bob, actor, seen, elsewhere):
    create_token(bob, actor, elsewhere)
    services.revoke_token(token=Token.objects.get(), actor=actor)
    assert "deploy-key" not in seen()[0]
    found = Revision.objects.filter(subject=Subject.TOKEN)
    assert set(found.values_list("company", flat=True)) == {elsewhere.company_id}
    assert set(found.values_list("environment_id", flat=True)) == {elsewhere.pk}


def test_a_token_of_an_environment_is_in_its_activity(bob, actor, alices, here, environment):
    create_token(bob, actor, environment)
    page = text(alices.get(f"{here}/activity"))
    assert "bob made the token deploy-key" in page


def test_tokens_that_end_with_the_factor_are_shown_where_they_reached(
    bob, actor, seen, elsewhere, environment
):
    give_token(bob, name="ours", environment_id=environment.pk)
    give_token(bob, name="theirs", environment_id=elsewhere.pk)
    second_factor.switch_off(person=bob, actor=actor)
    words, rows = seen()
    assert "theirs" not in words
    assert [row["name"] for row in rows if row["subject"] == "token"] == ["ours"]


def test_nothing_is_shown_from_before_or_after_the_membership(bob, actor, seen, company):
    place = Membership.objects.get(user=bob, company=company)
    place.delete()
    create_token(bob, actor)
    change_password(bob, actor)
    assert seen()[1] == []
    assert Revision.objects.filter(company=None).count() == 2


def test_a_bound_token_of_a_former_member_is_shown_to_operators_only(
    bob, actor, seen, company, environment
):
    give_token(bob, name="ours", environment_id=environment.pk)
    Membership.objects.get(user=bob, company=company).delete()
    services.revoke_token(token=Token.objects.get(), actor=actor)
    assert seen()[1] == []
    assert Revision.objects.get().company is None


def test_logging_in_elsewhere_is_not_shown(bob: User, bobs: Client, seen, company: Company):
    assert bobs.get("/settings/security").status_code == 200
    assert seen()[1] == []


def test_tokens_from_before_the_upgrade_learn_their_company(alice: User, environment: Environment):
    give_token(alice, environment_id=environment.pk)
    give_token(alice)
    Token.objects.update(company=None)
    import_module("volumes.migrations.0007_token_companies").fill(apps, None)
    assert set(Token.objects.values_list("environment_id", "company")) == {
        (environment.pk, environment.company_id),
        (None, None),
    }


@pytest.fixture
def entry_from_before_the_upgrade(bob, company, elsewhere):
    """Entries as older versions wrote them: in each company of Bob's, without the token's reach."""

    def tell(*names):
        for name in names:
            for place in (company, elsewhere.company):
                Revision.objects.create(
                    company=place,
                    subject=Subject.TOKEN,
                    subject_id=bob.ref,
                    subject_name=name,
                    action="create",
                    by=bob.ref,
                    via="session",
                )

    return tell


def limit_to_reach():
    import_module("volumes.migrations.0014_token_entries").limit_to_reach(apps, None)
    found = Revision.objects.filter(subject=Subject.TOKEN)
    return sorted(found.values_list("subject_name", "company__name", "environment_id"), key=str)


def test_entries_from_before_the_upgrade_are_shown_only_where_the_token_reaches(
    bob, charlie, seen, environment, elsewhere, entry_from_before_the_upgrade
):
    give_token(bob, name="everywhere")
    give_token(bob, name="ours", environment_id=environment.pk)
    give_token(bob, name="theirs", environment_id=elsewhere.pk)
    give_token(charlie, name="theirs", environment_id=environment.pk)
    entry_from_before_the_upgrade("everywhere", "ours", "theirs")
    once = limit_to_reach()
    assert once == [
        ("everywhere", "Acme", None),
        ("everywhere", "Zebra", None),
        ("ours", "Acme", environment.pk),
        ("ours", None, None),
        ("theirs", "Zebra", elsewhere.pk),
        ("theirs", None, None),
    ]
    assert sorted(row["name"] for row in seen()[1]) == ["everywhere", "ours"]
    assert limit_to_reach() == once


def test_old_entries_of_uncertain_tokens_are_shown_to_operators_only(
    bob, seen, environment, elsewhere, entry_from_before_the_upgrade
):
    """Names that two tokens of different reach have, tokens that are gone, places that are gone."""
    give_token(bob, name="two")
    give_token(bob, name="two", environment_id=elsewhere.pk)
    give_token(bob, name="placeless", environment_id=environment.pk)
    Token.objects.filter(name="placeless").update(company=None)
    entry_from_before_the_upgrade("two", "gone", "placeless")
    assert {company for _, company, _ in limit_to_reach()} == {None}
    assert Revision.objects.count() == 6
    assert seen()[1] == []


def test_old_entries_of_other_users_and_changes_stay(
    alice, bob, actor, seen, company, environment, entry_from_before_the_upgrade
):
    change_password(bob, actor)
    create_token(bob, actor, environment)
    give_token(alice, name="alices")
    Revision.objects.create(
        company=company,
        subject=Subject.TOKEN,
        subject_id=alice.ref,
        subject_name="alices",
        action="revoke",
        by=alice.ref,
        via="session",
    )
    before = seen()[1]
    assert len(before) == 3
    limit_to_reach()
    assert seen()[1] == before

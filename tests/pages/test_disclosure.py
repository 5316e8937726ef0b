"""A company's activity shows only what concerns the company: pages, parts of pages, and the export."""

import csv
import io
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from accounts import second_factor, services
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
    told = {row["subject"]: row["changes"] for row in rows}
    assert told["account"] == '{"isActive": [true, false]}'


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


def test_a_bound_token_of_who_has_left_is_shown_to_operators_only(
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

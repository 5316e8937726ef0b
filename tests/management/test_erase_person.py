"""erase_person."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.callers import Actor
from accounts.models import Company, Invitation, Membership, Revision, Role, Token, User
from accounts.services import erasure as accounts_erasure
from config import limits
from tests.factories import MembershipFactory, UserFactory, give_second_factor, give_token
from tests.support.api import Api
from tests.support.people import is_in, log_in
from volumes.models import Volume
from volumes.services import erasure
from volumes.verification import data

ERASE = "erase_person"
NAME, FORMER, MAIL, FULL = "zephyrina", "zeph.old", "zephyrina@example.net", "Zephyrina Quux"
ADDRESS = "203.0.113.77"
SIMILAR = f"not {NAME}ish"
TRACES = ("zephyrina", "zeph.old", "quux", ADDRESS)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(data, "PAUSE", 0)
    monkeypatch.setattr(limits, "RETENTION_PAUSE", 0)


@pytest.fixture
def olga(db):
    """A superuser."""
    olga = UserFactory.create(username="olga", is_staff=True, is_superuser=True)
    give_second_factor(olga)
    return olga


@pytest.fixture
def person(company, olga):
    """Edits in the company. An operator has changed her name."""
    person = UserFactory.create(username=FORMER)
    MembershipFactory.create(user=person, company=company, role=Role.EDITOR)
    give_second_factor(person)
    desk = log_in(Client(), olga)
    spec = {"first_name": "Zephyrina", "last_name": "Quux", "email": MAIL, "is_active": "on"}
    page = f"/admin/accounts/user/{person.pk}/change/"
    assert desk.post(page, {**spec, "username": NAME}).status_code == 302
    person.refresh_from_db()
    return person


@pytest.fixture
def traces(person, olga, company, alice, environment, make, volumes, alices):
    """What she leaves in every table."""
    browser = Client(REMOTE_ADDR=ADDRESS)
    log_in(browser, person)
    secret = give_token(person, name=f"laptop of {NAME}")
    caller = Api(secret)
    made = caller.post(
        volumes, {"name": "hers", "size": 5, "labels": {"owner": NAME}}, REMOTE_ADDR=ADDRESS
    )
    assert made.status_code == 201
    caller.put(f"{volumes}/{made.json()['id']}", {"description": f"ask {FULL} <{MAIL}>"})
    make("former", description=f"from {FORMER} and {NAME.title()}")
    make("similar", description=SIMILAR)
    for entry in alices.get(volumes).json():
        alices.put(f"{volumes}/{entry['id']}", {"size": 500})
    give_token(alice, name=f"for {NAME}")
    actor = Actor(by=alice.ref, via="session", ip="127.0.0.1")
    elsewhere = Company.objects.create(name="Elsewhere")
    MembershipFactory.create(user=alice, company=elsewhere, role=Role.ADMIN)
    services.invite(company=elsewhere, name=NAME, role=Role.EDITOR, inviter=alice, actor=actor)
    services.invite(company=elsewhere, name=MAIL, role=Role.EDITOR, inviter=alice, actor=actor)
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=olga, content_type=kind, object_id=person.pk, object_repr=NAME, action_flag=CHANGE
    )
    return browser, caller


def dump():
    """Every value of every table, as text. Sessions are decoded by a test of their own."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {"django_migrations"}
        return "\n".join(
            f"{table}: {row}"
            for table in sorted(tables)
            for row in cursor.execute(f'SELECT * FROM "{table}"').fetchall()
        )


def named_lines():
    lines = [line.lower().replace(SIMILAR, "") for line in dump().splitlines()]
    return [line for line in lines if any(one in line for one in TRACES)]


def test_nothing_in_the_database_names_the_person(run, person, traces):
    tables = {line.partition(":")[0] for line in named_lines()}
    assert tables >= {
        "accounts_user",
        "accounts_revision",
        "accounts_token",
        "accounts_invitation",
        "django_admin_log",
        "volumes_volume",
    }
    outcome = run(ERASE, NAME, "--no-input")
    assert outcome.code == 0
    assert named_lines() == []
    person.refresh_from_db()
    assert person.username.startswith("erased-")
    assert f"is now {person.username}" in outcome.out


def test_verify_holds_and_others_keep_their_data(run, alice, person, traces, volumes, alices):
    before = Revision.objects.exclude(by=person.ref).count()
    run(ERASE, NAME, "--no-input")
    assert run("verify", "--settled").code == 0
    person.refresh_from_db()
    pseudonym = person.username
    described = {row["name"]: row for row in alices.get(volumes).json()}
    assert described["hers"]["description"] == f"ask {pseudonym} <{pseudonym}>"
    assert described["hers"]["labels"] == {"owner": pseudonym}
    assert described["former"]["description"] == f"from {pseudonym} and {pseudonym}"
    assert described["similar"]["description"] == SIMILAR
    assert Revision.objects.exclude(by=person.ref).count() > before
    assert Revision.objects.filter(by=alice.ref, ip="127.0.0.1").exists()
    body = described["hers"]
    assert alices.put(f"{volumes}/{body['id']}", body).status_code == 200


def test_verify_holds_after_the_history_was_pruned_too(run, person, traces):
    run("prune_history", "--older-than", "0", "--no-input")
    run(ERASE, NAME, "--no-input")
    assert run("verify", "--settled").code == 0
    # Nothing tells any longer what her name was before.
    assert all(FORMER in line for line in named_lines())


def test_all_access_ends(run, person, traces):
    browser, caller = traces
    run(ERASE, NAME, "--no-input")
    assert not is_in(browser)
    assert caller.get("/environments").status_code == 401
    person.refresh_from_db()
    assert (person.is_active, person.has_usable_password()) == (False, False)
    assert person.confirmed_device() is None
    assert not Membership.objects.filter(user=person).exists()
    assert not Token.objects.filter(owner=person).exists()
    assert not Invitation.objects.filter(user=person).exists()


def test_the_erasure_is_recorded_under_the_pseudonym(run, person, traces):
    run(ERASE, NAME, "--no-input")
    person.refresh_from_db()
    entry = Revision.objects.get(action="erase")
    assert (entry.subject_id, entry.subject_name) == (person.ref, person.username)
    assert (entry.by, entry.via, entry.company_id) == ("system", "command", None)


@pytest.mark.parametrize("step", ["erase_account", "save_entries"])
def test_an_interrupted_erasure_is_continued_by_the_username(
    run, person, traces, monkeypatch, step
):
    def dying(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(accounts_erasure, step, dying)
        with pytest.raises(KeyboardInterrupt):
            run(ERASE, NAME, "--no-input")
    assert run("verify", "--settled").code == 0
    assert run(ERASE, NAME, "--no-input").code == 0
    assert named_lines() == []


@pytest.mark.parametrize("batch", [1, 500])
def test_batches_end_in_the_same_state(run, person, traces, monkeypatch, batch):
    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", batch)
    run(ERASE, NAME, "--no-input")
    assert named_lines() == []
    assert run("verify", "--settled").code == 0


def test_erasing_twice_is_reported(run, person):
    run(ERASE, NAME, "--no-input")
    person.refresh_from_db()
    outcome = run(ERASE, person.username, "--no-input")
    assert (outcome.code, outcome.out) == (0, f"{person.username} is erased already.\n")
    assert run(ERASE, NAME, "--no-input").code == 1


def test_a_dry_run_counts_per_table(run, person, traces):
    before = dump()
    counted = {
        row["kind"]: row["rows"] for row in run(ERASE, NAME, "--dry-run", "--json").json["found"]
    }
    assert (
        counted.items()
        >= {
            "account": 1,
            "admin log": 1,
            "invitations": 2,
            "memberships": 1,
            "sessions": 1,
            "tokens": 2,
            "volumes": 2,
        }.items()
    )
    assert counted["history"] > 5
    assert dump() == before


def test_json_has_the_pseudonym(run, person):
    outcome = run(ERASE, NAME, "--no-input", "--json")
    person.refresh_from_db()
    assert outcome.json["pseudonym"] == person.username
    assert outcome.json["removed"] == outcome.json["found"]


@pytest.mark.parametrize("answer", ["", "no\n", "n\n"])
def test_nothing_is_erased_without_confirmation(run, person, answer):
    outcome = run(ERASE, NAME, stdin=answer)
    assert (outcome.code, User.objects.filter(username=NAME).count()) == (0, 1)
    assert "Nothing was removed" in outcome.err


def test_the_last_superuser_stays(run, person, olga):
    outcome = run(ERASE, "olga", "--no-input")
    assert (outcome.code, "last superuser" in outcome.err) == (1, True)
    assert User.objects.get(pk=olga.pk).is_active
    User.objects.filter(pk=person.pk).update(is_superuser=True)
    assert run(ERASE, "olga", "--no-input").code == 0


def test_words_that_contain_the_name_stay(run, company, olga, alices, volumes, make, alice):
    UserFactory.create(username="admin")
    make("plain", description="administered by an admin", labels={"admin": "yes"})
    Revision.objects.filter(via="session").update(at=timezone.now() - timedelta(days=1))
    run(ERASE, "admin", "--no-input")
    row = Volume.objects.get(name="plain")
    assert row.description.startswith("administered by an erased-")
    assert row.labels == {"admin": "yes"}
    roles = Revision.objects.filter(changes__has_key="role").values_list("changes", flat=True)
    assert all("erased" not in str(changes) for changes in roles)
    assert run("verify", "--settled").code == 0


def test_an_unknown_username_exits_with_1_and_none_with_2(run, db):
    assert run(ERASE, "nobody", "--no-input").code == 1
    assert run(ERASE).code == 2


def test_no_traces_are_counted_for_an_erased_account(person, run):
    run(ERASE, NAME, "--no-input")
    person.refresh_from_db()
    assert erasure.count_traces(person).total() == 0

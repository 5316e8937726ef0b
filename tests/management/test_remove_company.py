"""remove_company."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import services
from accounts.callers import Actor
from accounts.models import Company, Invitation, Membership, Revision, Role, Token, User
from config import limits
from tests.factories import EnvironmentFactory, give_token
from volumes.models import Application, Environment, Snapshot, Volume
from volumes.services import company_removal
from volumes.verification import data

REMOVE = "remove_company"
OWNED = (Environment, Application, Volume, Snapshot, Membership, Invitation, Token, Revision)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(data, "PAUSE", 0)
    monkeypatch.setattr(limits, "RETENTION_PAUSE", 0)
    monkeypatch.setattr(limits, "CLEANUP_RETRY_INTERVAL", 0)


@pytest.fixture
def world(company, alice, bob, charlie, environment, attached, snapshot, volumes, make, alices):
    """A company with mounted, cloned, deleted and labelled volumes, and everything else."""
    make("clone", restoreFrom=snapshot["id"])
    gone = make("gone")
    alices.delete(f"{volumes}/{gone['id']}")
    empty = EnvironmentFactory.create(company=company, name="empty")
    alices.delete(f"/environments/{empty.pk}")
    give_token(alice, environment_id=environment.pk, company=company)
    actor = Actor(by=alice.ref, via="session", ip=None)
    services.invite(company=company, name="nobody", role=Role.EDITOR, inviter=alice, actor=actor)
    return company


def of(company):
    """The number of rows of each kind that belong to the company."""
    return {kind: rows.count() for kind, rows in company_removal.owned(company).items()}


@pytest.fixture
def with_volumes(run):
    return lambda *arguments, **more: run(REMOVE, "Acme", "--with-volumes", *arguments, **more)


def test_the_company_is_removed_with_everything_and_others_stay(
    with_volumes, run, world, memory, charlie, alice
):
    others = charlie.memberships.get().company
    before = of(others)
    assert set(of(world).values()) > {1}
    outcome = with_volumes("--no-input")
    assert (outcome.code, memory.volumes) == (0, {})
    assert outcome.out.splitlines()[-1] == "Removed the company Acme."
    assert list(Company.objects.all()) == [others]
    assert set(of(world).values()) == {0}
    assert of(others) == before
    assert User.objects.filter(pk=alice.pk, is_active=True).exists()
    assert run("verify", "--settled").code == 0


def test_the_removal_is_one_entry_for_operators(with_volumes, world):
    with_volumes("--no-input")
    entry = Revision.objects.get(subject="company", action="delete")
    assert (entry.subject_name, entry.subject_id) == ("Acme", str(world.pk))
    assert (entry.by, entry.via, entry.company_id) == ("system", "command", None)


def test_a_company_without_volumes_is_removed(run, company, alice, environment, web):
    assert run(REMOVE, "Acme", "--no-input").code == 0
    assert not Company.objects.exists()


@pytest.mark.parametrize("grace", [0, 3600])
def test_volumes_are_removed_only_with_the_option(run, world, alices, here, settings, web, grace):
    settings.VOLUME_DELETE_GRACE = grace
    alices.delete(f"{here}/attachment/{web.ref}")
    outcome = run(REMOVE, "Acme", "--no-input")
    assert outcome.code == 1
    assert "uploads, clone" in outcome.err
    assert "--with-volumes" in outcome.err
    assert of(world)["volume"] == 3


def test_a_deleted_volume_in_its_grace_has_data_too(run, alices, here, company, settings, memory):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.delete(here)
    assert run(REMOVE, "Acme", "--no-input").code == 1
    assert run(REMOVE, "Acme", "--no-input", "--with-volumes").code == 0
    assert memory.volumes == {}


def test_a_protected_volume_is_never_deleted(with_volumes, world, alices, here, memory):
    alices.put(here, {"protected": True})
    before, stored = of(world), set(memory.volumes)
    outcome = with_volumes("--no-input")
    assert outcome.code == 1
    assert "Protected volumes stay: uploads" in outcome.err
    assert (of(world), set(memory.volumes)) == (before, stored)


def test_data_that_cannot_be_removed_keeps_the_company_and_can_be_tried_again(
    with_volumes, world, memory, run
):
    memory.fail("delete")
    outcome = with_volumes("--no-input")
    assert outcome.code == 1
    assert "vol-" in outcome.err
    assert Company.objects.filter(pk=world.pk).exists()
    memory.heal()
    assert with_volumes("--no-input").code == 0
    assert not Company.objects.filter(pk=world.pk).exists()
    assert run("verify", "--settled").code == 0


@pytest.mark.parametrize("batch", [1, 500])
@pytest.mark.parametrize(
    "step", ["delete_environment", "_purge_volumes", "delete_in_batches", "_remove_row"]
)
def test_an_interrupted_removal_is_continued(with_volumes, run, world, monkeypatch, step, batch):
    def dying(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(limits, "RETENTION_BATCH_ROWS", batch)
    with monkeypatch.context() as patch:
        patch.setattr(company_removal, step, dying)
        with pytest.raises(KeyboardInterrupt):
            with_volumes("--no-input")
    assert run("verify").code == 0
    assert with_volumes("--no-input").code == 0
    assert not Company.objects.filter(pk=world.pk).exists()


def test_a_leased_row_ends_the_command_after_the_lease(with_volumes, world, monkeypatch, memory):
    monkeypatch.setattr(limits, "LEASE", timedelta(seconds=0))
    memory.fail("delete")
    with_volumes("--no-input")
    lease = timezone.now() + timedelta(minutes=1)
    Volume.objects.update(lease_owner=uuid.uuid4(), lease_until=lease)
    outcome = with_volumes("--no-input")
    assert (outcome.code, "Another process" in outcome.err) == (1, True)


def test_a_volume_created_meanwhile_is_removed(with_volumes, world, make, monkeypatch, memory):
    delete_volumes = company_removal._delete_volumes

    def create_afterwards(environment, actor):
        delete_volumes(environment, actor)
        monkeypatch.setattr(company_removal, "_delete_volumes", delete_volumes)
        make("late")

    monkeypatch.setattr(company_removal, "_delete_volumes", create_afterwards)
    assert with_volumes("--no-input").code == 0
    assert (Company.objects.filter(pk=world.pk).exists(), memory.volumes) == (False, {})


@pytest.mark.parametrize("answer", ["", "yes\n", "acme\n", "Acme Inc\n", "y\n"])
def test_the_command_asks_for_the_name(with_volumes, world, answer):
    before = of(world)
    outcome = with_volumes(stdin=answer)
    assert (outcome.code, of(world)) == (0, before)
    assert "Type Acme:" in outcome.err
    assert "Nothing was removed" in outcome.err


def test_the_name_can_be_given_on_standard_input(with_volumes, world):
    assert with_volumes(stdin="Acme\n").code == 0
    assert not Company.objects.filter(pk=world.pk).exists()


def test_a_dry_run_only_shows(with_volumes, world):
    before = of(world)
    outcome = with_volumes("--dry-run", "--no-input")
    assert outcome.code == 0
    assert outcome.out.splitlines()[3].split() == ["volume", "3"]
    assert of(world) == before


def test_json_lists_what_is_removed(with_volumes, world, alice):
    shown = with_volumes("--dry-run", "--json").json
    kinds = [row["kind"] for row in shown["found"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        kind: number for kind, number in of(world).items() if kind != "history entry"
    }
    assert {"kind": "member", "id": alice.ref, "name": "alice"} in shown["found"]
    assert shown["removed"] == []
    done = with_volumes("--no-input", "--json").json
    assert done["removed"] == shown["found"]


def test_an_unknown_company_exits_with_1_and_none_with_2(run, db):
    assert run(REMOVE, "Nowhere", "--no-input").code == 1
    assert run(REMOVE).code == 2


def test_no_table_has_the_company_afterwards(with_volumes, world, environment):
    with_volumes("--no-input")
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = [
            f"{table}: {row}"
            for table in tables
            for row in cursor.execute(f'SELECT * FROM "{table}"').fetchall()
        ]
    ids = (str(world.pk), world.pk.hex, str(environment.pk), environment.pk.hex)
    found = [row for row in rows if any(one in row for one in ids)]
    assert [row.partition(":")[0] for row in found] == ["accounts_revision"]

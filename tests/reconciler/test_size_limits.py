"""Sizes that are enforced, as rows, API and commands know them."""

import pytest

from volumes.backends import BackendError, LimitCheck
from volumes.models import Volume
from volumes.reconciler import periodic
from volumes.reconciler.size_limits import report_unexpected_usage


@pytest.fixture
def enforcing(memory):
    memory.enforces_sizes = True
    return memory


def look():
    periodic.check_settled(Volume.objects.settled())


def causes(caplog, event):
    return [record.cause for record in caplog.records if record.message == event]


def test_a_volume_shows_that_its_size_is_not_enforced(alices, volumes, memory):
    created = alices.post(volumes, {"name": "data", "size": 10}).json()
    assert created["sizeEnforced"] is False
    assert list(created)[-1] == "sizeEnforced"


def test_a_ready_volume_shows_that_its_size_is_enforced(alices, volumes, enforcing):
    created = alices.post(volumes, {"name": "data", "size": 10}).json()
    assert (created["status"], created["sizeEnforced"]) == ("ready", True)
    path = f"{volumes}/{created['id']}"
    assert alices.get(path).json() == created
    assert alices.get(volumes).json() == [created]
    assert alices.put(path, {"size": 20}).json()["sizeEnforced"] is True


def test_a_volume_from_a_snapshot_shows_that_its_size_is_enforced(alices, volumes, here, enforcing):
    snapshot = alices.post(f"{here}/snapshot").json()["id"]
    body = {"name": "restored", "size": 200, "restoreFrom": snapshot}
    assert alices.post(volumes, body).json()["sizeEnforced"] is True


def test_a_deleted_volume_enforces_nothing(alices, volumes, enforcing):
    created = alices.post(volumes, {"name": "data", "size": 10}).json()
    alices.delete(f"{volumes}/{created['id']}")
    (deleted,) = alices.get(f"{volumes}?includeDeleted=true").json()
    assert (deleted["status"], deleted["sizeEnforced"]) == ("deleted", False)


def test_growing_a_volume_from_before_does_not_limit_it(alices, here, row, memory):
    memory.enforces_sizes = True
    assert alices.put(here, {"size": 200}).json()["sizeEnforced"] is False


def test_the_hourly_look_sees_that_sizes_are_not_enforced_any_more(alices, here, row, enforcing):
    enforcing.enforce(str(row.pk), row.size)
    look()
    assert alices.get(here).json()["sizeEnforced"] is True
    version, tag = alices.get(here).json()["version"], alices.get(here)["ETag"]
    enforcing.enforces_sizes = False
    look()
    assert alices.get(here).json()["sizeEnforced"] is False
    assert alices.get(here).json()["version"] == version
    assert alices.get(here)["ETag"] != tag


def test_repairs_are_logged_with_their_volume(row, memory, monkeypatch, caplog):
    repaired = LimitCheck(True, "Its data was in project 5.")
    monkeypatch.setattr(memory, "check_limit", lambda handle, size: repaired)
    look()
    assert causes(caplog, "limit_repaired") == ["Its data was in project 5."]


def test_usage_that_belongs_to_no_volume_is_logged(row, memory, monkeypatch, caplog):
    monkeypatch.setattr(memory, "unowned_usage", lambda: iter(["Project 5 has files."]))
    report_unexpected_usage()
    assert causes(caplog, "usage_of_no_volume") == ["Project 5 has files."]
    monkeypatch.setattr(memory, "unowned_usage", memory.inventory)
    memory.unmount()
    report_unexpected_usage()
    assert len(causes(caplog, "storage_check_failed")) == 1


class TestLimitExisting:
    @pytest.fixture(autouse=True)
    def _ours(self, memory, monkeypatch):
        monkeypatch.setattr(memory, "prepare", lambda installation: None)

    def test_volumes_without_a_limit_are_limited(self, run, alices, here, row, enforcing):
        outcome = run("init_storage", "--limit-existing")
        assert (outcome.code, "Limited 1 of 1 volumes." in outcome.out) == (0, True)
        assert alices.get(here).json()["sizeEnforced"] is True
        assert "Limited 0 of 0 volumes." in run("init_storage", "--limit-existing").out

    def test_a_failed_limit_does_not_stop_the_others(self, run, make, row, memory):
        other = Volume.objects.get(name=make("other")["name"])
        memory.enforces_sizes = True
        memory.lose(str(row.pk))
        outcome = run("init_storage", "--limit-existing")
        assert (outcome.code, "Limited 1 of 2 volumes." in outcome.out) == (1, True)
        assert row.ref in outcome.out
        other.refresh_from_db()
        assert other.size_enforced
        memory.bring_back(str(row.pk))
        assert run("init_storage", "--limit-existing").code == 0

    def test_says_why_where_sizes_cannot_be_enforced(self, run, row, memory):
        outcome = run("init_storage", "--limit-existing")
        assert outcome.code == 1
        assert "Sizes cannot be enforced. The storage in memory" in outcome.err
        row.refresh_from_db()
        assert not row.size_enforced

    def test_limits_that_are_no_longer_enforced_count_as_failed(
        self, run, row, enforcing, monkeypatch
    ):
        monkeypatch.setattr(enforcing, "enforce", lambda handle, size: False)
        assert run("init_storage", "--limit-existing").code == 1
        row.refresh_from_db()
        assert not row.size_enforced


def test_a_refused_step_shows_the_reason(alices, volumes, memory):
    refusal = BackendError("Its size cannot be enforced.", "STORAGE_LIMITS is required.")
    memory.fail("create", refusal)
    created = alices.post(volumes, {"name": "data", "size": 10}).json()
    assert created["status"] == "error"
    assert created["statusMessage"] == "Its size cannot be enforced."

"""Where there is a rule, the storage promises no more than its size times STORAGE_OVERCOMMIT."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.callers import SYSTEM
from accounts.models import Company
from config.errors import Refused
from tests.factories import CompanyFactory, EnvironmentFactory
from tests.support.api import Api, codes
from tests.support.storage import Fallible
from volumes.models import Environment, StorageState
from volumes.reconciler.storage_facts import refresh_storage_facts
from volumes.services.adoption import adopt_volume

MIB = 2**20
Json = dict[str, Any]
Make = Callable[..., Json]


@pytest.fixture
def resize(memory: Fallible) -> Callable[[int], None]:
    """`resize(100)`: the storage has 100 MB from now on, and enforces sizes."""

    def to(total: int) -> None:
        memory.total, memory.enforces_sizes = total * MIB, True
        refresh_storage_facts()

    return to


@pytest.fixture
def limited(resize: Callable[[int], None]) -> None:
    """A storage of 100 MB that enforces sizes."""
    resize(100)


def promised() -> int:
    return StorageState.objects.get().promised


def test_a_create_fits_to_the_last_mb(alices: Api, volumes: str, limited: None, make: Make) -> None:
    make("most", size=60)
    response = alices.post(volumes, {"name": "more", "size": 41})
    assert (response.status_code, response.json()["code"]) == (409, "CONFLICT")
    (problem,) = response.json()["errors"]
    assert (problem["field"], problem["code"]) == ("size", "no_space")
    assert "100 MB" in problem["message"]
    assert "40 MB" in problem["message"]
    make("rest", size=40)
    assert promised() == 100


def test_validate_reports_no_space(alices: Api, volumes: str, limited: None, make: Make) -> None:
    body = {"name": "more", "size": 101}
    found = alices.post(f"{volumes}/validate", body).json()
    assert found["errors"] == alices.post(volumes, body).json()["errors"]
    assert alices.post(f"{volumes}/validate", {"name": "more", "size": 100}).json()["valid"]


def test_a_grow_counts_the_difference(alices: Api, volumes: str, limited: None, make: Make) -> None:
    path = f"{volumes}/{make('one', size=60)['id']}"
    assert codes(alices.put(path, {"size": 101})) == {("size", "no_space")}
    assert alices.put(path, {"size": 100}).status_code == 200
    assert promised() == 100


def test_other_changes_need_no_room(
    alices: Api, volumes: str, limited: None, make: Make, resize: Callable[[int], None]
) -> None:
    path = f"{volumes}/{make('one', size=60)['id']}"
    resize(50)
    assert alices.put(path, {"size": 60, "description": "text"}).status_code == 200


def test_a_clone_of_a_snapshot_counts(alices: Api, volumes: str, limited: None, make: Make) -> None:
    path = f"{volumes}/{make('one', size=60)['id']}"
    snapshot = alices.post(f"{path}/snapshot", {}).json()["id"]
    body = {"name": "copy", "size": 60, "restoreFrom": snapshot}
    assert codes(alices.post(volumes, body)) == {("size", "no_space")}


def test_removed_data_gives_its_room_back(
    alices: Api, volumes: str, limited: None, make: Make
) -> None:
    path = f"{volumes}/{make('one', size=60)['id']}"
    alices.delete(path)
    assert promised() == 0
    make("two", size=100)


def test_a_restore_takes_no_additional_space(
    alices: Api, volumes: str, limited: None, make: Make, settings: Any
) -> None:
    settings.VOLUME_DELETE_GRACE = 60
    path = f"{volumes}/{make('one', size=60)['id']}"
    alices.delete(path)
    assert codes(alices.post(volumes, {"name": "two", "size": 41})) == {("size", "no_space")}
    assert alices.post(f"{path}/restore").status_code == 200
    assert promised() == 60


def test_an_undelete_beyond_a_storage_that_shrank_is_refused(
    alices: Api,
    volumes: str,
    limited: None,
    make: Make,
    settings: Any,
    resize: Callable[[int], None],
) -> None:
    settings.VOLUME_DELETE_GRACE = 60
    path = f"{volumes}/{make('one', size=60)['id']}"
    alices.delete(path)
    resize(50)
    response = alices.post(f"{path}/restore")
    assert (response.status_code, codes(response)) == (409, {("", "no_space")})
    assert "50 MB" in response.json()["details"]


def test_an_adoption_counts(environment: Environment, memory: Fallible, limited: None) -> None:
    memory.adoptable["/srv/old"] = 101 * MIB
    with pytest.raises(Refused) as refused:
        adopt_volume(
            environment_id=environment.pk,
            path=Path("/srv/old"),
            name="old",
            size=None,
            mount_path=None,
            actor=SYSTEM,
        )
    assert [problem.code for problem in refused.value.problems] == ["no_space"]


def test_all_companies_share_the_room(
    alices: Api, volumes: str, limited: None, make: Make, charlies: Api
) -> None:
    make("one", size=60)
    company = Company.objects.get(memberships__user__username="charlie")
    other = EnvironmentFactory.create(company=company)
    response = charlies.post(f"/{other.pk}/volume", {"name": "a", "size": 41})
    assert codes(response) == {("size", "no_space")}


def test_quota_and_storage_are_named_together(
    alices: Api, volumes: str, limited: None, environment: Environment
) -> None:
    Environment.objects.filter(pk=environment.pk).update(storage_quota=10)
    found = codes(alices.post(volumes, {"name": "a", "size": 101}))
    assert found == {("size", "quota_exceeded"), ("size", "no_space")}


def test_available_is_what_can_still_be_requested(
    alices: Api, limited: None, make: Make, environment: Environment
) -> None:
    make("one", size=60)
    usage = alices.get(f"/environments/{environment.pk}/resource-usage").json()
    assert (usage["available"], usage["quota"]) == ({"storage": 40}, {"storage": None})


def test_without_a_rule_nothing_is_counted_in_the_row(
    alices: Api, volumes: str, memory: Fallible
) -> None:
    refresh_storage_facts()
    with CaptureQueriesContext(connection) as captured:
        assert alices.post(volumes, {"name": "a", "size": 1}).status_code == 201
    written = [one["sql"] for one in captured if 'UPDATE "volumes_storagestate"' in str(one["sql"])]
    assert (written, promised()) == ([], 0)


def test_a_company_without_members_counts(limited: None) -> None:
    CompanyFactory.create(storage_used=30)
    refresh_storage_facts()
    assert promised() == 30

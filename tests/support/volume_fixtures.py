"""Fixtures: a volume and two applications, and API clients with a token of each person.

The console and the admin override some of them with their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.factories import ApplicationFactory, EnvironmentFactory
from tests.support.api import Api
from tests.support.storage import Fallible
from volumes import storage
from volumes.models import Application, Environment, Volume

Json = dict[str, Any]


@pytest.fixture
def memory(db: None, monkeypatch: pytest.MonkeyPatch) -> Fallible:
    """A storage that breaks on demand, in the place of the one that the settings choose."""
    backend = Fallible()
    monkeypatch.setattr(storage, "build_backend", lambda _: backend)
    return backend


@pytest.fixture
def alices(api: Callable[..., Api], alice: User) -> Api:
    return api(alice)


@pytest.fixture
def erins(api: Callable[..., Api], erin: User) -> Api:
    return api(erin)


@pytest.fixture
def bobs(api: Callable[..., Api], bob: User) -> Api:
    return api(bob)


@pytest.fixture
def charlies(api: Callable[..., Api], charlie: User) -> Api:
    return api(charlie)


@pytest.fixture
def volumes(environment: Environment) -> str:
    """The path of the environment's volumes."""
    return f"/{environment.pk}/volume"


@pytest.fixture
def apps(environment: Environment) -> str:
    """The path of the environment's applications."""
    return f"/{environment.pk}/app"


@pytest.fixture
def make(alices: Api, volumes: str, memory: Fallible) -> Callable[..., Json]:
    """`make("uploads", size=5)` answers the volume as Alice made it."""

    def create(name: str, *, size: int = 100, **fields: Any) -> Json:
        response = alices.post(volumes, {"name": name, "size": size, **fields})
        assert response.status_code == 201, response.content
        made: Json = response.json()
        return made

    return create


@pytest.fixture
def volume(make: Callable[..., Json]) -> Json:
    return make("uploads")


@pytest.fixture
def row(volume: Json) -> Volume:
    return Volume.objects.get(name="uploads")


@pytest.fixture
def here(volumes: str, volume: Json) -> str:
    """The path of the volume."""
    return f"{volumes}/{volume['id']}"


@pytest.fixture
def web(environment: Environment) -> Application:
    return ApplicationFactory.create(environment=environment, name="web")


@pytest.fixture
def worker(environment: Environment) -> Application:
    return ApplicationFactory.create(environment=environment, name="worker")


@pytest.fixture
def attached(alices: Api, here: str, web: Application) -> Json:
    """The attachment of the volume to `web`."""
    response = alices.post(f"{here}/attachment", {"appIdRef": web.ref})
    assert response.status_code == 201, response.content
    made: Json = response.json()
    return made


@pytest.fixture
def snapshot(alices: Api, here: str) -> Json:
    response = alices.post(f"{here}/snapshot", {"name": "before-upgrade"})
    assert response.status_code == 201, response.content
    made: Json = response.json()
    return made


@pytest.fixture
def changed_volume(
    alices: Api,
    here: str,
    row: Volume,
    attached: Json,
    snapshot: Json,
    volumes: str,
    make: Callable[..., Json],
) -> Volume:
    """A volume that is mounted, has a snapshot, was grown twice and described. There are others too."""
    alices.put(here, {"size": 200, "labels": {"tier": "database"}})
    alices.put(here, {"size": 300, "description": "uploads of everybody"})
    make("copy", size=300, restoreFrom=snapshot["id"], protected=True)
    gone = make("gone")
    alices.delete(f"{volumes}/{gone['id']}")
    row.refresh_from_db()
    return row


@pytest.fixture
def world(
    alices: Api,
    environment: Environment,
    volumes: str,
    volume: Json,
    make: Callable[..., Json],
    attached: Json,
    snapshot: Json,
    settings: Any,
    web: Application,
) -> dict[str, str]:
    """The names that the paths of `tests.support.routes` are filled with."""
    settings.VOLUME_DELETE_GRACE = 3600
    gone = make("gone")["id"]
    alices.delete(f"{volumes}/{gone}")
    return {
        "env": str(environment.pk),
        "empty": str(EnvironmentFactory.create(company=environment.company).pk),
        "volume": volume["id"],
        "spare": make("spare", mountPath="/spare")["id"],
        "gone": gone,
        "app": web.ref,
        "snapshot": snapshot["id"],
    }

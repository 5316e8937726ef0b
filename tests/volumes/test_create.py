"""POST /{envId}/volume."""

import pytest

from tests.support.api import codes
from volumes.models import Volume

WISH = {"name": "postgres-data", "size": 1024}

pytestmark = pytest.mark.usefixtures("storage_root")


def test_alice_creates_a_volume_whose_directory_exists(api, alice, environment, storage_root):
    response = api(alice).post(f"/{environment.pk}/volume", WISH)
    volume = response.json()
    assert response.status_code == 201
    assert (volume["status"], volume["provisionedSize"]) == ("ready", 1024)
    assert (storage_root / volume["id"].removeprefix("vol-") / "data").is_dir()


def test_charlie_cannot_create_a_volume_in_alices_environment(api, charlie, environment):
    response = api(charlie).post(f"/{environment.pk}/volume", WISH)
    assert response.status_code == 404
    assert not Volume.objects.exists()


def test_every_problem_is_named_at_once(api, alice, environment):
    response = api(alice).post(f"/{environment.pk}/volume", {"name": "Bad", "size": 0, "x": 1})
    assert response.status_code == 400
    assert codes(response) == {("name", "invalid"), ("size", "invalid"), ("x", "unknown_field")}

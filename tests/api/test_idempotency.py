"""Idempotency-Key on POST of a volume or a snapshot."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import EnvironmentFactory
from tests.support.api import codes
from volumes.models import IdempotencyRecord, Snapshot, Volume

WISH = {"name": "uploads", "size": 5}


@pytest.fixture
def first(alices, volumes, memory):
    return alices.post(volumes, WISH, Idempotency_Key="k").json()


def test_a_repeated_request_returns_the_volume_of_the_first(alices, volumes, first):
    again = alices.post(volumes, WISH, Idempotency_Key="k")
    assert (again.status_code, again.json()) == (201, first)
    assert again["Idempotent-Replay"] == "true"
    assert again["Location"] == f"{volumes}/{first['id']}"
    assert Volume.objects.count() == 1


def test_the_first_request_is_not_marked_as_a_replay(alices, volumes, memory):
    assert "Idempotent-Replay" not in alices.post(volumes, WISH, Idempotency_Key="k")


def test_a_replay_returns_the_current_state(alices, volumes, first, web):
    Volume.objects.update(status="ready")
    change = {"name": "renamed", "attachedAppsRefs": [web.ref]}
    changed = alices.put(f"{volumes}/{first['id']}", change).json()
    assert alices.post(volumes, WISH, Idempotency_Key="k").json() == changed


@pytest.mark.parametrize(
    "body", [b'{"size": 5, "name": "uploads"}', b' {"name":"uploads" ,\n"size":5} ']
)
def test_equal_json_counts_as_the_same_body(alices, volumes, first, body):
    assert alices.post(volumes, body, Idempotency_Key="k").json() == first


@pytest.mark.parametrize("body", [{**WISH, "size": 6}, {**WISH, "protected": False}, {"name": "b"}])
def test_the_same_key_with_another_body_is_a_conflict(alices, volumes, first, body):
    response = alices.post(volumes, body, Idempotency_Key="k")
    assert (response.status_code, codes(response)) == (409, {("", "key_reused")})


def test_the_key_of_a_deleted_volume_is_a_conflict(alices, volumes, first):
    alices.delete(f"{volumes}/{first['id']}")
    response = alices.post(volumes, WISH, Idempotency_Key="k")
    assert (response.status_code, codes(response)) == (409, {("", "key_reused")})


@pytest.mark.parametrize("base", ["", "/environments", "/api/v1", "/api/v1/environments"])
def test_a_key_is_the_same_for_every_spelling_of_the_environment(
    alices, volumes, first, environment, base
):
    path = f"{base}/{str(environment.pk).upper()}/volume"
    assert alices.post(path, WISH, Idempotency_Key="k").json() == first


def test_keys_are_separate_for_each_user_and_environment(alices, erins, volumes, company, first):
    mine = EnvironmentFactory.create(company=company)
    assert alices.post(f"/{mine.pk}/volume", WISH, Idempotency_Key="k").status_code == 201
    other = {"name": "other", "size": 5}
    assert erins.post(volumes, other, Idempotency_Key="k").status_code == 201
    assert Volume.objects.count() == 3


def test_tokens_of_one_user_share_keys(api, alice, volumes, first):
    assert api(alice).post(volumes, WISH, Idempotency_Key="k").json() == first


def test_a_refused_request_does_not_use_up_the_key(alices, volumes, memory):
    assert alices.post(volumes, {"name": "Bad"}, Idempotency_Key="k").status_code == 400
    assert alices.post(volumes, WISH, Idempotency_Key="k").status_code == 201


def test_a_key_expires_after_24_hours(alices, volumes, first):
    alices.delete(f"{volumes}/{first['id']}")
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    response = alices.post(volumes, WISH, Idempotency_Key="k")
    assert response.status_code == 201
    assert response.json()["id"] != first["id"]


def test_a_key_is_valid_until_24_hours_have_passed(alices, volumes, first):
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert alices.post(volumes, WISH, Idempotency_Key="k").json() == first


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é", "\x7f"])
def test_an_invalid_key_is_refused(alices, volumes, memory, key):
    response = alices.post(volumes, WISH, Idempotency_Key=key)
    assert (response.status_code, codes(response)) == (400, {("", "invalid")})
    assert not Volume.objects.exists()


@pytest.mark.parametrize("key", ["x" * 255, "a b", "~!'\""])
def test_a_key_is_printable_ascii(alices, volumes, memory, key):
    assert alices.post(volumes, WISH, Idempotency_Key=key).status_code == 201
    assert alices.post(volumes, WISH, Idempotency_Key=key)["Idempotent-Replay"] == "true"


def test_permissions_are_checked_before_the_key(bobs, charlies, volumes, first):
    assert bobs.post(volumes, WISH, Idempotency_Key="x" * 256).status_code == 403
    assert charlies.post(volumes, WISH, Idempotency_Key="k").status_code == 404


def test_a_replay_needs_current_permissions(alices, alice, volumes, first):
    alice.memberships.update(role="viewer")
    assert alices.post(volumes, WISH, Idempotency_Key="k").status_code == 403


def test_snapshots_accept_keys(alices, here, volume):
    made = alices.post(f"{here}/snapshot", {"name": "a"}, Idempotency_Key="k").json()
    again = alices.post(f"{here}/snapshot", {"name": "a"}, Idempotency_Key="k")
    assert (again.status_code, again.json(), again["Idempotent-Replay"]) == (201, made, "true")
    other = alices.post(f"{here}/snapshot", {"name": "b"}, Idempotency_Key="k")
    assert codes(other) == {("", "key_reused")}
    alices.delete(f"{here}/snapshot/{made['id']}")
    gone = alices.post(f"{here}/snapshot", {"name": "a"}, Idempotency_Key="k")
    assert codes(gone) == {("", "key_reused")}
    assert not Snapshot.objects.exists()


def test_a_key_of_a_snapshot_belongs_to_its_volume(alices, here, volumes, make, volume):
    other = f"{volumes}/{make('other')['id']}/snapshot"
    assert alices.post(f"{here}/snapshot", {"name": "a"}, Idempotency_Key="k").status_code == 201
    assert "Idempotent-Replay" not in alices.post(other, {"name": "a"}, Idempotency_Key="k")
    assert Snapshot.objects.count() == 2


def test_an_empty_body_and_an_empty_object_are_the_same(alices, here, volume):
    alices.post(f"{here}/snapshot", None, Idempotency_Key="k")
    again = alices.post(f"{here}/snapshot", {}, Idempotency_Key="k")
    assert again["Idempotent-Replay"] == "true"

"""Changing and making volumes by the admin's forms: the services' rules, in the services' words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.models import Revision, Subject, User
from volumes.models import Application, Environment, Snapshot, Volume

Json = dict[str, Any]
ADD = "/admin/volumes/volume/add/"


def change(volume: Volume) -> str:
    return f"/admin/volumes/volume/{volume.pk}/change/"


def test_changing_a_volume_records_the_operator(
    desk: Client, olga: User, volume: Volume, form_of: Callable[..., Json]
) -> None:
    spec = form_of(volume, name="pictures", size="1GB", labels="tier=web", description="Of cats")
    assert desk.post(change(volume), spec)["Location"] == "/admin/volumes/volume/"
    volume.refresh_from_db()
    assert (volume.name, volume.size, volume.version) == ("pictures", 1024, 2)
    assert (volume.labels, volume.description) == ({"tier": "web"}, "Of cats")
    entry = Revision.objects.get(subject=Subject.VOLUME, version=2)
    assert (entry.via, entry.by, entry.ip) == ("admin", olga.ref, "127.0.0.1")
    assert entry.changes["size"] == [100, 1024]


def test_saving_an_unchanged_form_changes_nothing(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    desk.post(change(volume), form_of(volume))
    volume.refresh_from_db()
    assert volume.version == 1


def test_the_form_shows_the_values_of_the_row(
    desk: Client, make: Callable[..., Volume], form_of: Callable[..., Json]
) -> None:
    volume = make("archive", size=2048, labels={"tier": "cold"}, protected=True)
    page = desk.get(change(volume)).text
    assert 'value="2GB"' in page
    assert "tier=cold" in page
    assert '<input type="hidden" name="version" value="1"' in page


def test_shrinking_is_refused(desk: Client, volume: Volume, form_of: Callable[..., Json]) -> None:
    page = desk.post(change(volume), form_of(volume, size="99MB"))
    assert "is 100 MB already and can only grow" in page.context["adminform"].errors["size"]
    volume.refresh_from_db()
    assert volume.size == 100


def test_all_problems_are_shown_at_once(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    spec = form_of(volume, name="No", size="lots", mount_path="x", labels="-=1")
    errors = desk.post(change(volume), spec).context["adminform"].errors
    assert errors["name"][0].startswith("must be a DNS label")
    assert errors["size"] == ["must be a whole number with MB, GB, TB, Mi, Gi or Ti, such as 10GB"]
    assert errors["mount_path"] == ["must be an absolute path"]
    assert errors["labels"] == ["-: is no Kubernetes label key"]


def test_quotas_apply_to_operators(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    Environment.objects.update(storage_quota=150)
    errors = desk.post(change(volume), form_of(volume, size="151MB")).context["adminform"].errors
    assert "of this environment's 150 MB only 50 MB are left" in errors["size"][0]


def test_an_edit_over_a_newer_version_is_refused(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    stale = form_of(volume, description="mine")
    desk.post(change(volume), form_of(volume, description="theirs"))
    page = desk.post(change(volume), stale)
    assert "version: is 2 by now" in page.text
    assert "Somebody changed it since this page was loaded." in page.text
    volume.refresh_from_db()
    assert volume.description == "theirs"


def test_the_version_cannot_be_left_out(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    spec = form_of(volume, description="mine")
    del spec["version"]
    assert desk.post(change(volume), spec).status_code == 200
    volume.refresh_from_db()
    assert volume.description == ""


def test_a_taken_name_is_refused_at_the_field(
    desk: Client,
    volume: Volume,
    make: Callable[..., Volume],
    form_of: Callable[..., Json],
) -> None:
    make("archive")
    errors = desk.post(change(volume), form_of(volume, name="archive")).context["adminform"].errors
    assert errors["name"] == ["archive is taken in this environment"]


def test_a_deleted_volume_is_read_only(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    Volume.objects.update(is_deleted=True, status="deleted")
    assert desk.get(change(volume)).status_code == 200
    assert desk.post(change(volume), form_of(volume, name="x")).status_code == 403


def test_editing_a_volume_that_was_removed_meanwhile_is_reported(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    spec = form_of(volume, name="x")
    Environment.objects.update(is_deleted=True)
    assert "It is not there any more" in desk.post(change(volume), spec).text


def test_a_volume_is_created(
    desk: Client, olga: User, memory: object, environment: Environment
) -> None:
    spec = {"environment": environment.pk, "name": "letters", "size": "10 GB", "labels": "a: b"}
    assert desk.post(ADD, spec)["Location"] == "/admin/volumes/volume/"
    made = Volume.objects.get(name="letters")
    assert (made.size, made.mount_path, made.status) == (10240, "/data/letters", "ready")
    assert (made.labels, made.created_by) == ({"a": "b"}, olga.ref)
    assert Revision.objects.get(subject=Subject.VOLUME).via == "admin"


def test_a_volume_is_filled_from_a_snapshot(
    desk: Client, environment: Environment, snapshot: Snapshot
) -> None:
    spec = {
        "environment": environment.pk,
        "name": "copy",
        "size": "100",
        "restore_from": snapshot.pk,
    }
    desk.post(ADD, spec)
    assert Volume.objects.get(name="copy").restore_from == snapshot


def test_a_snapshot_of_another_company_fills_nothing(
    desk: Client, charlies_environment: Environment, snapshot: Snapshot
) -> None:
    spec = {
        "environment": charlies_environment.pk,
        "name": "copy",
        "size": "100",
        "restore_from": snapshot.pk,
    }
    errors = desk.post(ADD, spec).context["adminform"].errors
    assert errors["restore_from"] == ["names no snapshot of this company"]


def test_missing_fields_are_reported_by_the_rules(
    desk: Client, memory: object, environment: Environment
) -> None:
    errors = desk.post(ADD, {"environment": environment.pk}).context["adminform"].errors
    assert (errors["name"], errors["size"]) == (["is required"], ["is required"])
    assert not Volume.objects.exists()


def test_a_mount_path_that_is_taken_is_refused(
    desk: Client,
    attached: Volume,
    web: Application,
    make: Callable[..., Volume],
    form_of: Callable[..., Json],
) -> None:
    make("other", mountPath="/other", attachedAppsRefs=[web.ref])
    spec = form_of(attached, mount_path="/other")
    errors = desk.post(change(attached), spec).context["adminform"].errors
    assert errors["mount_path"] == ["/other is taken in web"]


def said(answer: Any, desk: Client) -> list[str]:
    """The messages on the page to which an answer leads."""
    page = desk.get(answer["Location"])
    return [f"{one.level_tag}: {one}" for one in page.context["messages"]]


def test_warnings_are_shown_and_do_not_prevent_saving(
    desk: Client, volume: Volume, web: Application, form_of: Callable[..., Json]
) -> None:
    Environment.objects.update(storage_quota=150)
    spec = form_of(volume, name="data", size="140MB", mount_path="/etc/pictures")
    heard = said(desk.post(change(volume), spec), desk)
    volume.refresh_from_db()
    assert (volume.name, volume.size, volume.mount_path) == ("data", 140, "/etc/pictures")
    assert [one for one in heard if one.startswith("warning")] == [
        "warning: Its name says little: name its purpose, such as postgres-data or uploads.",
        "warning: Its mount path hides what an image keeps in /etc.",
        "warning: Its size leaves 10 MB of 150 MB in this environment's quota.",
    ]


def test_a_warning_is_not_repeated_for_an_unchanged_value(
    desk: Client, volume: Volume, form_of: Callable[..., Json]
) -> None:
    said(desk.post(change(volume), form_of(volume, mount_path="/etc/pictures")), desk)
    heard = said(desk.post(change(volume), form_of(volume, description="Of cats")), desk)
    assert not [one for one in heard if one.startswith("warning")]


def test_a_new_volume_is_created_with_warnings(
    desk: Client, environment: Environment, memory: Any
) -> None:
    spec = {"environment": environment.pk, "name": "test", "size": "1GB"}
    heard = said(desk.post(ADD, spec), desk)
    assert Volume.objects.get().name == "test"
    assert any(one.startswith("warning: Its name says little") for one in heard)

"""Environments, applications, attachments and snapshots by the admin: the services' rules again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.models import Company, Revision, User
from tests.factories import CompanyFactory, EnvironmentFactory
from volumes.models import Application, Attachment, Environment, Snapshot, Volume


def page_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def do(desk: Client, row: Any, action: str = "delete") -> str:
    url = f"/admin/volumes/{row._meta.model_name}/do/{action}/"
    text: str = desk.post(url, {"_selected_action": [str(row.pk)]}, follow=True).text
    return text


def ask(desk: Client, row: Any, action: str = "delete") -> str:
    text: str = desk.get(f"/admin/volumes/{row._meta.model_name}/do/{action}/?pk={row.pk}").text
    return text


def test_creating_an_environment_records_the_operator(
    desk: Client, olga: User, company: Company
) -> None:
    spec = {"company": company.pk, "name": "staging", "storage_quota": "500"}
    desk.post("/admin/volumes/environment/add/", spec)
    made = Environment.objects.get(name="staging")
    assert (made.storage_quota, made.created_by, made.company) == (500, olga.ref, company)
    assert Revision.objects.get().via == "admin"


def test_an_environments_name_and_quota_are_changed(desk: Client, environment: Environment) -> None:
    spec = {"name": "live", "storage_quota": "", "version": 1}
    desk.post(page_of(environment), spec)
    environment.refresh_from_db()
    assert (environment.name, environment.storage_quota, environment.version) == ("live", None, 2)


def test_errors_of_an_environment_are_shown_at_their_fields(
    desk: Client, environment: Environment
) -> None:
    EnvironmentFactory.create(company=environment.company, name="live")
    spec = {"name": "live", "storage_quota": "-1", "version": 1}
    errors = desk.post(page_of(environment), spec).context["adminform"].errors
    assert errors["storage_quota"] == ["must be 0 or more, or null for none"]
    assert errors["name"] == ["live is taken in this company"]


def test_an_edit_over_a_newer_environment_is_refused(
    desk: Client, environment: Environment
) -> None:
    Environment.objects.update(version=7)
    spec = {"name": "live", "storage_quota": "", "version": 1}
    assert "version: is 7 by now" in desk.post(page_of(environment), spec).text


def test_a_companys_quota_is_at_most_what_the_api_can_show(desk: Client, company: Company) -> None:
    spec = {"name": company.name, "storage_quota": str(2**53)}
    errors = desk.post(page_of(company), spec).context["adminform"].errors
    assert errors["storage_quota"] == ["Use 0 to 9007199254740991 MB, or nothing for no limit."]
    company.refresh_from_db()
    assert company.storage_quota is None


def test_an_environment_with_volumes_stays(
    desk: Client, environment: Environment, volume: Volume
) -> None:
    assert "It has volumes: uploads." in ask(desk, environment)
    assert "It has volumes: uploads." in do(desk, environment)
    environment.refresh_from_db()
    assert not environment.is_deleted


def test_an_empty_environment_is_deleted(
    desk: Client, environment: Environment, web: Application
) -> None:
    assert "Deleted: production." in do(desk, environment)
    web.refresh_from_db()
    assert web.is_deleted


def test_an_application_is_created_renamed_and_deleted(
    desk: Client, environment: Environment
) -> None:
    desk.post("/admin/volumes/application/add/", {"environment": environment.pk, "name": "api"})
    api = Application.objects.get(name="api")
    desk.post(page_of(api), {"name": "gateway", "version": 1})
    api.refresh_from_db()
    assert (api.name, api.version) == ("gateway", 2)
    assert "It mounts nothing." in ask(desk, api)
    assert "Deleted: gateway." in do(desk, api)
    entries = Revision.objects.values_list("action", "via")
    assert sorted(entries) == [("create", "admin"), ("delete", "admin"), ("update", "admin")]


def test_an_applications_bad_name_is_refused(desk: Client, web: Application) -> None:
    errors = desk.post(page_of(web), {"name": "W", "version": 1}).context["adminform"].errors
    assert errors["name"][0].startswith("must be a DNS label")


def test_deleting_an_application_keeps_the_data_of_its_volumes(
    desk: Client, attached: Volume, web: Application
) -> None:
    assert "It lets go of 1 volume, whose data stays." in ask(desk, web)
    do(desk, web)
    attached.refresh_from_db()
    assert (attached.status, attached.attachments.count()) == ("ready", 0)


def test_a_volume_is_attached_and_detached(desk: Client, volume: Volume, web: Application) -> None:
    spec = {"volume": volume.pk, "application": web.pk, "read_only": "on", "mount_path": ""}
    desk.post("/admin/volumes/attachment/add/", spec)
    attachment = Attachment.objects.get()
    assert (attachment.mount_path, attachment.read_only) == ("/data/uploads", True)
    volume.refresh_from_db()
    assert volume.version == 2
    assert "web lets go of uploads, whose data stays." in ask(desk, attachment)
    do(desk, attachment)
    assert not Attachment.objects.exists()
    assert Revision.objects.get(action="detach").via == "admin"


def test_an_attachment_is_refused_at_its_field(
    desk: Client, attached: Volume, web: Application
) -> None:
    spec = {"volume": attached.pk, "application": web.pk, "mount_path": ""}
    page = desk.post("/admin/volumes/attachment/add/", spec)
    errors = page.context["adminform"].errors
    assert errors["application"] == ["web mounts this volume already"]


def test_an_application_of_another_environment_is_refused(
    desk: Client, volume: Volume, company: Company
) -> None:
    elsewhere = EnvironmentFactory.create(company=company)
    foreign = Application.objects.create(environment=elsewhere, name="stranger")
    spec = {"volume": volume.pk, "application": foreign.pk, "mount_path": ""}
    errors = desk.post("/admin/volumes/attachment/add/", spec).context["adminform"].errors
    assert errors["application"] == ["names no application of this environment"]


def test_attachments_and_snapshots_are_never_changed(
    desk: Client, attached: Volume, snapshot: Snapshot
) -> None:
    attachment = Attachment.objects.get()
    assert desk.post(page_of(attachment), {"mount_path": "/elsewhere"}).status_code == 403
    assert desk.post(page_of(snapshot), {"name": "other"}).status_code == 403


def test_a_snapshot_is_taken_and_deleted(desk: Client, olga: User, volume: Volume) -> None:
    desk.post("/admin/volumes/snapshot/add/", {"volume": volume.pk, "name": "before"})
    snapshot = Snapshot.objects.get()
    assert (snapshot.name, snapshot.status, snapshot.created_by) == ("before", "ready", olga.ref)
    assert "This copy of uploads" in ask(desk, snapshot)
    assert "Deleted: before." in do(desk, snapshot)
    assert not Snapshot.objects.exists()


def test_a_snapshot_without_data_to_copy_is_refused(desk: Client, volume: Volume) -> None:
    Volume.objects.update(provisioned_size=None)
    spec = {"volume": volume.pk, "name": ""}
    page = desk.post("/admin/volumes/snapshot/add/", spec).text
    assert "so there is nothing to take a snapshot of." in page


def test_a_snapshot_that_is_being_copied_stays(
    desk: Client, volume: Volume, snapshot: Snapshot
) -> None:
    Volume.objects.create(
        environment=volume.environment, name="copy", size=100, restore_from=snapshot
    )
    assert "It is being copied into copy." in ask(desk, snapshot)
    assert "It is being copied into copy." in do(desk, snapshot)
    assert Snapshot.objects.get().status == "ready"


def test_environments_of_every_company_are_listed_and_narrowed(
    desk: Client, environment: Environment
) -> None:
    other = EnvironmentFactory.create(company=CompanyFactory.create(name="Faraway"))
    url = "/admin/volumes/environment/"
    assert "Faraway" in desk.get(url).text
    rows = desk.get(f"{url}?company={environment.company_id}").context["cl"].result_list
    assert list(rows) == [environment]
    assert list(desk.get(f"{url}?q={other.pk}").context["cl"].result_list) == [other]


def test_a_nested_attachment_is_created_with_a_warning(
    desk: Client, attached: Volume, make: Callable[..., Volume], web: Application
) -> None:
    inner = make("thumbnails")
    path = f"{attached.mount_path}/thumbnails"
    spec = {"volume": inner.pk, "application": web.pk, "mount_path": path}
    page = desk.post("/admin/volumes/attachment/add/", spec, follow=True)
    assert inner.attachments.get().mount_path == path
    assert "nests with /data/uploads, which the same application mounts" in page.text

"""The rules of everything around a volume: attachments, snapshots, applications, environments."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import Company
from config.errors import Problem
from config.limits import MAX_QUOTA
from volumes.models import Application, Attachment, Environment, Volume
from volumes.rules import warnings
from volumes.specs import parsers
from volumes.specs.parsers import Body, Reader

COMMON = {"id", "createdBy", "createdAt"}
VERSIONED = COMMON | {"companyIdRef", "isDeleted", "modifiedBy", "modifiedAt", "version"}


@dataclass
class AttachmentWish:
    application: Application
    mount_path: str | None
    read_only: bool


def read_attachment(volume: Volume, body: Body) -> tuple[AttachmentWish | None, list[Problem]]:
    """Who wants to mount the volume, where, and whether only for reading."""
    known = {"appIdRef", "mountPath", "readOnly", "volumeIdRef", "source", "attachedAt"}
    reader = Reader(body, known=known)
    app_id = reader.read("appIdRef", parsers.identifier(Application.prefix), required=True)
    path = reader.read("mountPath", parsers.mount_path)
    read_only = reader.read("readOnly", parsers.boolean)
    application = (
        volume.environment.applications.live().filter(pk=app_id).first() if app_id else None
    )
    if app_id and application is None:
        reader.note("appIdRef", "not_found", "names no application of this environment")
    if application is None:
        return None, reader.problems
    mounts = Attachment.objects.filter(application=application)
    if mounts.filter(volume=volume).exists():
        reader.note(
            "appIdRef", "attached_already", f"{application.name} mounts this volume already"
        )
    elif mounts.filter(mount_path=path or volume.mount_path).exists():
        reader.note(
            "mountPath",
            "mount_path_taken",
            f"{path or volume.mount_path} is taken in {application.name}",
        )
    return AttachmentWish(application, path, bool(read_only)), reader.problems


def attachment_warnings(volume: Volume, application: Application, path: str) -> Iterable[Problem]:
    """What is allowed and yet probably not meant about mounting the volume there."""
    others = Attachment.objects.filter(application=application).exclude(volume=volume)
    yield from warnings.system_path(path)
    yield from warnings.nested_path(
        path, others.order_by("mount_path").values_list("mount_path", flat=True)
    )


def read_snapshot(volume: Volume, body: Body) -> tuple[str | None, list[Problem]]:
    """The name of a new snapshot, None for the default."""
    known = COMMON | {
        *("volumeIdRef", "name", "size", "takenAt", "consistency", "status", "statusMessage"),
    }
    reader = Reader(body, known=known)
    name = reader.read("name", parsers.dns_label)
    present = volume.snapshots.standing().count() if volume.has_data else 0
    return name, [*reader.problems, *reasons_against_snapshot(volume, present=present)]


def reasons_against_snapshot(volume: Volume, *, present: int) -> Iterable[Problem]:
    """Why there cannot be another one beside the `present` ones."""
    most = settings.VOLUME_MAX_SNAPSHOTS
    if not volume.has_data:
        message = f"{volume.why_no_data}, so there is nothing to take a snapshot of."
        yield Problem("", "wrong_status", message)
    elif present >= most:
        yield Problem("", "too_many_snapshots", f"A volume has at most {most} snapshots.")


def read_application(
    environment: Environment, body: Body, *, application: Application | None
) -> tuple[str | None, list[Problem]]:
    """The name, the only thing that a caller sets."""
    reader = Reader(body, known=VERSIONED | {"name", "envIdRef", "volumeMounts"})
    name = reader.read("name", parsers.dns_label, required=application is None)
    others = environment.applications.live().filter(name=name)
    if name and not (application and application.name == name) and others.exists():
        reader.note("name", "name_taken", f"{name} is taken in this environment")
    return name, reader.problems


@dataclass
class EnvironmentWish:
    name: str | None = None
    company_id: uuid.UUID | None = None
    says_quota: bool = False
    storage_quota: int | None = None


def read_environment(body: Body) -> tuple[EnvironmentWish, Reader]:
    """What can be read without knowing the company; `check_environment` does the rest."""
    reader = Reader(body, known=VERSIONED | {"name", "resourceQuota"})
    wish = EnvironmentWish(
        name=reader.read("name", parsers.dns_label),
        company_id=reader.read("companyIdRef", parsers.identifier("")),
    )
    quota = reader.read("resourceQuota", parsers.mapping)
    if quota is not None:
        inner = Reader(quota, known={"storage"})
        wish.says_quota = "storage" in quota
        if quota.get("storage") is not None:  # null is a value here: no quota
            wish.storage_quota = inner.read("storage", _quota)
        for problem in inner.problems:
            reader.note(f"resourceQuota.{problem.field}", problem.code, problem.message)
    return wish, reader


def check_environment(
    reader: Reader, wish: EnvironmentWish, company: Company, environment: Environment | None
) -> list[Problem]:
    if environment is None and "name" not in reader.body:
        reader.note("name", "required", "is required")
    if environment and wish.company_id not in {None, company.pk}:
        reader.note("companyIdRef", "invalid", "cannot change: environments stay in their company")
    others = company.environments.live().filter(name=wish.name)
    if wish.name and not (environment and environment.name == wish.name) and others.exists():
        reader.note("name", "name_taken", f"{wish.name} is taken in this company")
    return reader.problems


def _quota(value: Any) -> int:
    quota = parsers.integer(value)
    if quota < 0:
        raise parsers.Unreadable("must be 0 or more, or null for none")
    if quota > MAX_QUOTA:
        raise parsers.Unreadable(f"must be at most {MAX_QUOTA} MB", "too_large")
    return quota

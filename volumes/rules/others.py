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
class AttachmentSpec:
    application: Application
    mount_path: str | None
    read_only: bool


def read_attachment(volume: Volume, body: Body) -> tuple[AttachmentSpec | None, list[Problem]]:
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
        reader.add_problem("appIdRef", "not_found", "names no application of this environment")
    if application is None:
        return None, reader.problems
    mounts = Attachment.objects.filter(application=application)
    if mounts.filter(volume=volume).exists():
        reader.add_problem(
            "appIdRef", "attached_already", f"{application.name} mounts this volume already"
        )
    elif mounts.filter(mount_path=path or volume.mount_path).exists():
        reader.add_problem(
            "mountPath",
            "mount_path_taken",
            f"{path or volume.mount_path} is taken in {application.name}",
        )
    return AttachmentSpec(application, path, bool(read_only)), reader.problems


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
    present = volume.snapshots.live().count() if volume.has_data else 0
    return name, [*reader.problems, *snapshot_blockers(volume, present=present)]


def snapshot_blockers(volume: Volume, *, present: int) -> Iterable[Problem]:
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
        reader.add_problem("name", "name_taken", f"{name} is taken in this environment")
    return name, reader.problems


@dataclass
class EnvironmentSpec:
    name: str | None = None
    company_id: uuid.UUID | None = None
    has_quota: bool = False
    storage_quota: int | None = None


def read_environment(body: Body) -> tuple[EnvironmentSpec, Reader]:
    """What can be read without knowing the company; `check_environment` does the rest."""
    reader = Reader(body, known=VERSIONED | {"name", "resourceQuota"})
    spec = EnvironmentSpec(
        name=reader.read("name", parsers.dns_label),
        company_id=reader.read("companyIdRef", parsers.identifier("")),
    )
    quota = reader.read("resourceQuota", parsers.mapping)
    if quota is not None:
        inner = Reader(quota, known={"storage"})
        spec.has_quota = "storage" in quota
        if quota.get("storage") is not None:  # null is a value here: no quota
            spec.storage_quota = inner.read("storage", _quota)
        for problem in inner.problems:
            reader.add_problem(f"resourceQuota.{problem.field}", problem.code, problem.message)
    return spec, reader


def check_environment(
    reader: Reader, spec: EnvironmentSpec, company: Company, environment: Environment | None
) -> list[Problem]:
    if environment is None and "name" not in reader.body:
        reader.add_problem("name", "required", "is required")
    if environment and spec.company_id not in {None, company.pk}:
        reader.add_problem(
            "companyIdRef", "invalid", "cannot change: environments stay in their company"
        )
    others = company.environments.live().filter(name=spec.name)
    if spec.name and not (environment and environment.name == spec.name) and others.exists():
        reader.add_problem("name", "name_taken", f"{spec.name} is taken in this company")
    return reader.problems


def _quota(value: Any) -> int:
    quota = parsers.integer(value)
    if quota < 0:
        raise parsers.InvalidValue("must be 0 or more, or null for none")
    if quota > MAX_QUOTA:
        raise parsers.InvalidValue(f"must be at most {MAX_QUOTA} MB", "too_large")
    return quota

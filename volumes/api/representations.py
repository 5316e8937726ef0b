"""The JSON of every object: the only place for names, order and forms on the wire."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from accounts.disclosure import visible_volume_changes
from accounts.models import Revision
from config.timestamps import rfc3339
from volumes.models import Application, Attachment, Environment, Snapshot, UsageSample, Volume
from volumes.queries.volume_rows import COMPUTED, VolumeRow
from volumes.rules.quota import QuotaHeadroom
from volumes.rules.volumes import Review
from volumes.specs.volume import RESPONSE_FIELDS

Json = dict[str, Any]


def volume(row: VolumeRow) -> Json:
    # Both have the columns of VolumeRow. `strict` would take time for each row of a list.
    shown: Json = dict(zip(_WIRE_NAMES, row))  # noqa: B905
    shown["id"] = f"{Volume.prefix}{shown['id']}"
    shown["labels"] = orjson.Fragment(shown["labels"])
    mounting = row.application_ids.split(",") if row.application_ids else ()
    shown["attachedAppsRefs"] = [f"{Application.prefix}{pk}" for pk in mounting]
    return shown


_NAMES = {field.spec_attribute: field.name for field in RESPONSE_FIELDS}
_WIRE_NAMES = tuple(_NAMES[column] for column in VolumeRow._fields)


def row_from_instance(
    row: Volume, company_id: uuid.UUID, application_ids: Iterable[uuid.UUID] = ()
) -> VolumeRow:
    """Return the row of a volume that is already in memory."""
    return VolumeRow(
        **{name: getattr(row, name) for name in _READ_AS_THEY_ARE}
        | {
            "id": str(row.pk),
            "environment_id": str(row.environment_id),
            "company_id": str(company_id),
            "application_ids": ",".join(map(str, application_ids)),
            "labels": orjson.dumps(row.labels),
            "used_size_at": rfc3339(row.used_size_at),
            "created_at": rfc3339(row.created_at),
            "modified_at": rfc3339(row.modified_at),
        }
    )


_READ_AS_THEY_ARE = tuple(name for name in VolumeRow._fields if name not in COMPUTED)


def attachment(row: Attachment, source: str | None) -> Json:
    """Return an attachment. `source` is the path to mount, see `source_of()`."""
    return {
        "volumeIdRef": f"{Volume.prefix}{row.volume_id}",
        "appIdRef": f"{Application.prefix}{row.application_id}",
        "mountPath": row.mount_path,
        "readOnly": row.read_only,
        "source": source,
        "attachedAt": rfc3339(row.attached_at),
    }


def snapshot(row: Snapshot) -> Json:
    return {
        "id": row.ref,
        "volumeIdRef": f"{Volume.prefix}{row.volume_id}",
        "name": row.name,
        "size": row.size,
        "takenAt": rfc3339(row.taken_at),
        "consistency": row.consistency,
        "status": row.status,
        "statusMessage": row.status_message,
        "createdBy": row.created_by,
        "createdAt": rfc3339(row.created_at),
    }


def application(row: Application, company_id: uuid.UUID) -> Json:
    """Return an application with its attachments: prefetch them for lists."""
    return {
        "id": row.ref,
        "name": row.name,
        "envIdRef": str(row.environment_id),
        "companyIdRef": str(company_id),
        "volumeMounts": [
            {
                "volumeIdRef": f"{Volume.prefix}{mount.volume_id}",
                "mountPath": mount.mount_path,
                "readOnly": mount.read_only,
            }
            for mount in row.attachments.all()
        ],
        "isDeleted": row.is_deleted,
        "createdBy": row.created_by,
        "modifiedBy": row.modified_by,
        "version": row.version,
        "createdAt": rfc3339(row.created_at),
        "modifiedAt": rfc3339(row.modified_at),
    }


def environment(row: Environment) -> Json:
    return {
        "id": str(row.pk),
        "name": row.name,
        "companyIdRef": str(row.company_id),
        "resourceQuota": {"storage": row.storage_quota},
        "isDeleted": row.is_deleted,
        "createdBy": row.created_by,
        "modifiedBy": row.modified_by,
        "version": row.version,
        "createdAt": rfc3339(row.created_at),
        "modifiedAt": rfc3339(row.modified_at),
    }


def resource_usage(row: Environment) -> Json:
    """Return what is used, and what both quotas leave, in MB."""
    room = QuotaHeadroom(row)
    return {
        "environmentId": str(row.pk),
        "quota": {"storage": room.limit},
        "used": {"storage": room.used},
        "available": {"storage": room.available},
        "utilizationPercent": {"storage": room.percent},
    }


def usage(row: Volume, samples: list[UsageSample], full_at: datetime | None) -> Json:
    return {
        "volumeIdRef": row.ref,
        "size": row.size,
        "samples": [
            {"at": rfc3339(sample.at), "usedSize": sample.used_size, "size": sample.size}
            for sample in samples
        ],
        "fullAt": rfc3339(full_at),
    }


def revision(row: Revision) -> Json:
    return {
        "version": row.version,
        "action": row.action,
        "by": row.by,
        "via": row.via,
        "ip": row.ip,
        "at": rfc3339(row.at),
        "changes": visible_volume_changes(row.changes),
    }


def review(found: Review) -> Json:
    """Return the result of a validation."""
    return {
        "valid": not found.problems,
        "errors": [problem.as_json() for problem in found.problems],
        "warnings": [warning.as_json() for warning in found.warnings],
        "quota": {
            "limit": found.room.limit,
            "used": found.room.used,
            "after": found.room.after,
        },
        "normalized": found.normalized,
    }

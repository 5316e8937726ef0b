"""What a caller asks of a volume, and the table of its fields."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from volumes.models import Application, Snapshot, Volume, VolumeStatus
from volumes.specs import json_schema as schema
from volumes.specs import parsers
from volumes.specs.parsers import Body, Reader, Spec
from volumes.specs.volume_field import Form, Input, VolumeField
from volumes.specs.volume_size import read_size

_LABELS = "Up to 32 labels in the syntax of Kubernetes"
_APPLICATIONS = "The set of applications that the volume is attached to"

VOLUME_FIELDS = (
    VolumeField("id", column="id", schema=schema.identifier(Volume.prefix, "`vol-<uuid>`")),
    VolumeField(
        "name",
        column="name",
        parse=parsers.dns_label,
        is_required=True,
        schema=schema.text("Its name, unique in the environment"),
        accepts=schema.dns_label("unique in its environment"),
        example="app-data-volume",
        label="name",
        input=Input.TEXT,
        forms=Form.NEW | Form.EDIT | Form.ADMIN,
    ),
    VolumeField("envIdRef", column="environment_id", schema=schema.uuid(schema.ENVIRONMENT_ID)),
    VolumeField("companyIdRef", column="company_id", schema=schema.uuid(schema.COMPANY_ID)),
    VolumeField(
        "size",
        column="size",
        read=read_size,
        schema=schema.size("The requested size in MB (MiB). Quotas count this."),
        accepts=schema.size("The new size in MB (MiB). It can only grow.", minimum=1),
        accepts_new=schema.size("The size in MB (MiB)", minimum=1),
        example=10240,
        label="size",
        input=Input.SIZE,
        forms=Form.NEW | Form.GROW | Form.ADMIN,
        admin_hint="Such as 512MB or 10GB",
    ),
    # Read with the size.
    VolumeField("resourceRequests", accepts={"$ref": "#/components/schemas/ResourceRequests"}),
    VolumeField(
        "mountPath",
        column="mount_path",
        parse=parsers.mount_path,
        schema=schema.text("Where applications mount it by default"),
        accepts=schema.text(
            "Where applications mount the volume: an absolute, normalised POSIX path. "
            "The default is `/data/<name>`.",
            maxLength=1024,
            pattern=schema.MOUNT_PATH,
        ),
        example="/app/data",
        label="mount path",
        input=Input.TEXT,
        forms=Form.NEW | Form.EDIT | Form.ADMIN,
        admin_hint="Empty for /data/ and the name",
    ),
    VolumeField(
        "isDeleted", column="is_deleted", schema=schema.boolean(schema.IS_DELETED), example=False
    ),
    VolumeField("createdBy", column="created_by", schema=schema.text(schema.CREATED_BY)),
    VolumeField("modifiedBy", column="modified_by", schema=schema.text(schema.MODIFIED_BY)),
    VolumeField("version", column="version", schema=schema.integer(schema.VERSION), example=1),
    VolumeField(
        "description",
        column="description",
        parse=parsers.description,
        schema=schema.text("Free text for people"),
        accepts=schema.text("Free text for people", maxLength=500),
        label="description",
        input=Input.TEXTAREA,
        forms=Form.NEW | Form.EDIT | Form.ADMIN,
        is_detail=True,
    ),
    VolumeField(
        "labels",
        column="labels",
        read=lambda reader, new: parsers.read_labels(reader),
        schema={
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": _LABELS,
        },
        accepts={
            "type": "object",
            "maxProperties": 32,
            "propertyNames": {
                "pattern": rf"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?{schema.LABEL_SYNTAX}$"
            },
            "additionalProperties": {"type": "string", "pattern": f"^({schema.LABEL_SYNTAX})?$"},
            "description": f"{_LABELS}. A change replaces all of them.",
        },
        example={"tier": "database"},
        label="labels",
        input=Input.PAIRS,
        forms=Form.NEW | Form.EDIT | Form.ADMIN,
        is_detail=True,
        admin_hint="One pair a line, such as tier=database",
    ),
    VolumeField(
        "protected",
        column="protected",
        parse=parsers.boolean,
        schema=schema.boolean("While this is true, nobody can delete it"),
        accepts=schema.boolean("While this is true, nobody can delete the volume"),
        example=False,
        label="protection",
        input=Input.CHECKBOX,
        forms=Form.NEW | Form.EDIT | Form.ADMIN,
        is_detail=True,
        admin_hint="Nobody and no command deletes it.",
    ),
    VolumeField(
        "status",
        column="status",
        schema={
            "enum": VolumeStatus.values,
            "description": (
                "The state of its data. It is `ready` once the storage holds data of this size."
            ),
        },
        example="ready",
    ),
    VolumeField(
        "statusMessage",
        column="status_message",
        schema=schema.text(
            "Why the volume is in its status. Empty if there is nothing to explain."
        ),
    ),
    VolumeField(
        "provisionedSize",
        column="provisioned_size",
        schema=schema.size(
            "The size that the storage holds, in MB (MiB). Null until the data was created.",
            nullable=True,
        ),
        example=10240,
    ),
    VolumeField(
        "usedSize",
        column="used_size",
        schema=schema.size(
            "What the data used at `usedSizeAt`, in MB (MiB), rounded up. Null if never measured.",
            nullable=True,
        ),
        example=812,
    ),
    VolumeField(
        "usedSizeAt",
        column="used_size_at",
        schema=schema.timestamp(
            "When `usedSize` was measured. Null if never measured.", nullable=True
        ),
    ),
    VolumeField(
        "attachedAppsRefs",
        attribute="application_ids",
        parse=parsers.list_of(parsers.identifier(Application.prefix)),
        schema={
            "type": "array",
            "items": {"type": "string"},
            "uniqueItems": True,
            "description": f"{_APPLICATIONS}, in the order of attaching. Each is listed once.",
        },
        accepts={
            "type": "array",
            "items": {"type": "string", "pattern": rf"^(app-)?{schema.IDENTIFIER}$"},
            "uniqueItems": True,
            "description": (
                f"{_APPLICATIONS}; the order has no meaning. Applications that are missing here are "
                "detached, so `[]` detaches all of them. Leave the field out to change nothing."
            ),
        },
        label="applications",
        input=Input.CHOICES,
        input_name="applications",
        forms=Form.NEW | Form.EDIT,
    ),
    VolumeField("createdAt", column="created_at", schema=schema.timestamp(schema.CREATED_AT)),
    VolumeField("modifiedAt", column="modified_at", schema=schema.timestamp(schema.MODIFIED_AT)),
    VolumeField(
        "sizeEnforced",
        column="size_enforced",
        schema=schema.boolean(
            "Whether writes past `size` fail. Otherwise the size is a limit that people agree on."
        ),
        example=True,
    ),
    VolumeField(
        "restoreFrom",
        attribute="snapshot_id",
        parse=parsers.identifier(Snapshot.prefix),
        is_only_new=True,
        accepts=schema.identifier(
            Snapshot.prefix,
            "A `ready` snapshot of the same company, whose data the volume starts with. "
            "The volume must be at least as large.",
        ),
        label="filled from",
        input=Input.TEXT,
        forms=Form.NEW,
        is_detail=True,
    ),
)
"""In the order of the wire."""

RESPONSE_FIELDS = tuple(field for field in VOLUME_FIELDS if field.schema is not None)
STORED_FIELDS = tuple(field for field in VOLUME_FIELDS if field.is_stored)
"""Those of which a caller sets a column of the row."""
FIELD_LABELS = {field.name: field.label for field in VOLUME_FIELDS if field.label}
"""What people read for a field, by its name on the wire."""
_READ_NEW = tuple(field for field in VOLUME_FIELDS if field.is_set_by_caller)
_READ = tuple(field for field in _READ_NEW if not field.is_only_new)
_KNOWN_NEW = frozenset(field.name for field in VOLUME_FIELDS)
_KNOWN = frozenset(field.name for field in VOLUME_FIELDS if not field.is_only_new)


@dataclass(frozen=True, kw_only=True)
class VolumeSpec(Spec):
    """A new volume, or a change of one."""

    name: str | None = None
    size: int | None = None
    mount_path: str | None = None
    description: str | None = None
    labels: dict[str, str] | None = None
    protected: bool | None = None
    application_ids: list[uuid.UUID] | None = None
    snapshot_id: uuid.UUID | None = None

    @property
    def is_self_contained(self) -> bool:
        """Whether it names no other row and has no problem: only name and room may be taken."""
        return not self.problems and self.application_ids is None and self.snapshot_id is None


def parse_volume(body: Body, *, new: bool) -> VolumeSpec:
    """What a body asks of a new volume or, unless `new`, of one that is there."""
    reader = Reader(body, known=_KNOWN_NEW if new else _KNOWN)
    values: dict[str, Any] = {
        field.spec_attribute: field.value(reader, new=new)
        for field in (_READ_NEW if new else _READ)
    }
    if new and values["name"] and "mountPath" not in body:
        values["mount_path"] = f"/data/{values['name']}"
    return VolumeSpec(version=parsers.version(body), problems=tuple(reader.problems), **values)


def fields_of(form: Form) -> tuple[VolumeField, ...]:
    """What a form asks for: first what it shows at once, then the details."""
    found = [field for field in VOLUME_FIELDS if form in field.forms]
    return tuple(sorted(found, key=lambda field: field.is_detail))

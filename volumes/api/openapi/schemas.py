"""The objects of the API as OpenAPI describes them. They document; representations and
specs do the work.

A component's docstring is its description and `help_text` that of a field, so both address the API's
callers.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from config.errors import CONFLICTS
from config.limits import MAX_QUOTA
from volumes.models import Consistency, SnapshotStatus
from volumes.specs.json_schema import (
    COMPANY_ID,
    CREATED_AT,
    CREATED_BY,
    DNS_LABEL,
    ENVIRONMENT_ID,
    IDENTIFIER,
    IS_DELETED,
    MODIFIED_AT,
    MODIFIED_BY,
    MOUNT_PATH,
    VERSION,
    Schema,
)
from volumes.specs.volume import VOLUME_FIELDS

Field = s.Field[Any, Any, Any, Any]


def _size(help_text: str, **options: Any) -> s.IntegerField:
    """A size in MB. Its maximum makes it an int64: 32 bits end at 2 PB."""
    return s.IntegerField(max_value=MAX_QUOTA, help_text=help_text, **options)


def _ref(prefix: str, help_text: str = "", **options: Any) -> s.RegexField:
    return s.RegexField(rf"^({prefix})?{IDENTIFIER}$", help_text=help_text, **options)


def _label(help_text: str, **options: Any) -> s.RegexField:
    return s.RegexField(
        r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", help_text=help_text, max_length=63, **options
    )


NOTHING = {"type": "object", "maxProperties": 0}
"""The body of a request that needs no field. It may be left out."""

NEW_VERSION = "The current version. Another one is refused with 409."


def _mount_path(help_text: str, **options: Any) -> s.RegexField:
    return s.RegexField(MOUNT_PATH, max_length=1024, help_text=help_text, **options)


class ResourceRequests(s.Serializer[Any]):
    """A size as text, as Kubernetes writes it."""

    storage = s.RegexField(
        r"^[0-9]+(MB|GB|TB|Mi|Gi|Ti)$",
        help_text="The size as text, such as `10GB`. All units are binary: `10GB` is 10240 MB.",
    )


def _property(schema: Schema, *, required: bool) -> Field:
    """The field that OpenAPI describes by this JSON Schema."""
    if schema.get("$ref", "").endswith("/ResourceRequests"):
        return ResourceRequests(required=required)
    if "enum" in schema:  # becomes a component of its own
        return s.ChoiceField(schema["enum"], help_text=schema["description"], required=required)

    @extend_schema_field(schema)
    class Property(s.Field[Any, Any, Any, Any]):
        """Described by the table of fields."""

    return Property(required=required)


def _requested(*, new: bool) -> dict[str, Field]:
    """What a caller may send of a volume."""
    return {
        field.name: _property(
            (new and field.accepts_new) or field.accepts, required=new and field.is_required
        )
        for field in VOLUME_FIELDS
        if field.accepts and (new or not field.is_only_new)
    }


class VolumeChange(s.Serializer[Any]):
    """The fields of a volume that a caller may change. Fields that Holdfast sets are accepted and
    ignored, so that a volume that was read can be sent back."""

    def get_fields(self) -> dict[str, Field]:
        version = s.IntegerField(required=False, help_text=NEW_VERSION)
        return _requested(new=False) | {"version": version}


class VolumeCreation(s.Serializer[Any]):
    """A new volume. It needs `name` and a size, as `size` or as `resourceRequests.storage`."""

    def get_fields(self) -> dict[str, Field]:
        return _requested(new=True)


class VolumeValidation(VolumeChange):
    """A new volume or, if there is an `id`, a change of that volume."""

    def get_fields(self) -> dict[str, Field]:
        volume = "The volume to change. Leave it out to check a new volume."
        snapshot = "The snapshot that a new volume would be filled from"
        return super().get_fields() | {
            "id": _ref("vol-", volume, required=False),
            "restoreFrom": _ref("snap-", snapshot, required=False),
        }


class Volume(s.Serializer[Any]):
    """Persistent storage of a fixed size. Its data outlives every application."""

    def get_fields(self) -> dict[str, Field]:
        return {
            field.name: _property(field.schema, required=True)
            for field in VOLUME_FIELDS
            if field.schema
        }


class Problem(s.Serializer[Any]):
    """One thing that is wrong with a request, or worth a warning."""

    field = s.CharField(
        help_text='The field at fault, with dots for inner fields; "" if there is none'
    )
    code = s.CharField(
        help_text="What is wrong, for programs: `required`, `invalid`, … With 409 it is one of "
        + ", ".join(f"`{code}`" for code in sorted(CONFLICTS))
    )
    message = s.CharField(help_text="What is wrong, for people")


class Error(s.Serializer[Any]):
    """Every error response has this form."""

    code = s.CharField(help_text="The kind of error, for programs: `VALIDATION_FAILED`, …")
    message = s.CharField(help_text="The kind of error, for people")
    details = s.CharField(help_text="What is wrong and what to do about it, for people")
    errors = Problem(many=True, required=False, help_text="Every problem with the request")  # type: ignore[assignment]
    requestId = s.CharField(help_text="Names the request, also in the server's logs")


class Quota(s.Serializer[Any]):
    """How the request changes what the environment's quota counts, in MB (MiB)."""

    limit = _size("The environment's quota. Null if it has none.", allow_null=True)
    used = _size("The sum of the sizes of its volumes now")
    after = _size("The sum after the request")


class Normalized(s.Serializer[Any]):
    """The values that would be stored. Null if a value is missing or cannot be accepted."""

    name = s.CharField(allow_null=True, help_text="The name")
    size = _size("The size in MB (MiB)", allow_null=True)
    mountPath = s.CharField(allow_null=True, help_text="The mount path")


class ValidationResult(s.Serializer[Any]):
    """What a create or an update would answer to the same body."""

    valid = s.BooleanField(help_text="Whether the request would be accepted")
    errors = Problem(many=True, help_text="Every reason to refuse it")  # type: ignore[assignment]
    warnings = Problem(many=True, help_text="What is allowed but probably not intended")
    quota = Quota()
    normalized = Normalized()


class DeleteResult(s.Serializer[Any]):
    """Says what was deleted or detached."""

    message = s.CharField(help_text="What was done, for people")
    id = s.CharField(help_text="The identifier of what was deleted or detached")


class AttachmentCreation(s.Serializer[Any]):
    """The application to attach a volume to, and how."""

    appIdRef = _ref("app-", "An application of the same environment")
    mountPath = _mount_path(
        "Where this application mounts the volume. The default is the volume's mount path.",
        required=False,
    )
    readOnly = s.BooleanField(
        required=False, help_text="Whether the application may only read. The default is false."
    )


class Attachment(s.Serializer[Any]):
    """One application's use of one volume."""

    volumeIdRef = s.CharField(help_text="The volume: `vol-<uuid>`")
    appIdRef = s.CharField(help_text="The application: `app-<uuid>`")
    mountPath = s.CharField(help_text="Where the application mounts the volume")
    readOnly = s.BooleanField(help_text="Whether the application may only read")
    source = s.CharField(  # type: ignore[assignment]
        allow_null=True,
        help_text="What to mount: a path on the host, or namespace/claim. Null until the volume"
        " has been ready once (while `provisionedSize` is null).",
    )
    attachedAt = s.DateTimeField(help_text="When the application was attached")


class SnapshotCreation(s.Serializer[Any]):
    """A new snapshot. It needs no field."""

    name = _label(
        f"{DNS_LABEL}; need not be unique. The default is `snapshot-<yyyymmdd>-<hhmmss>`.",
        required=False,
    )


class Snapshot(s.Serializer[Any]):
    """A read-only copy of a volume's data."""

    id = s.CharField(help_text="`snap-<uuid>`")
    volumeIdRef = s.CharField(help_text="The volume: `vol-<uuid>`")
    name = s.CharField(help_text="Its name, which need not be unique")
    size = _size("The size of the volume at `takenAt`, until then at the request, in MB (MiB)")
    takenAt = s.DateTimeField(
        allow_null=True,
        help_text="When the copying began. Null until the snapshot is ready, and if it could not"
        " be taken.",
    )
    consistency = s.ChoiceField(
        Consistency.values,
        help_text="`instant`: all files as at one moment. `files`: copied file by file while"
        " applications may write. Stop the application first, or let it dump its data.",
    )
    status = s.ChoiceField(SnapshotStatus.values, help_text="The state of the copy")
    statusMessage = s.CharField(
        help_text="Why the snapshot is in its status. Empty if there is nothing to explain."
    )
    createdBy = s.CharField(help_text=CREATED_BY)
    createdAt = s.DateTimeField(help_text="When it was requested")


class Sample(s.Serializer[Any]):
    """One measurement of what a volume's data used."""

    at = s.DateTimeField(help_text="When it was measured")
    usedSize = _size("What the data used, in MB (MiB), rounded up")
    size = _size("The size of the volume at that time, in MB (MiB)")


class Usage(s.Serializer[Any]):
    """What a volume's data used over time."""

    volumeIdRef = s.CharField(help_text="The volume: `vol-<uuid>`")
    size = _size("The size of the volume now, in MB (MiB)")
    samples = Sample(many=True, help_text="At most 500 measurements, oldest first")
    fullAt = s.DateTimeField(
        allow_null=True,
        help_text="When the volume will be full if it goes on like this. Null if that is not known.",
    )


class HistoryEntry(s.Serializer[Any]):
    """One change of an object."""

    version = s.IntegerField(
        allow_null=True, help_text="The version that the change led to. Null if it raised none."
    )
    action = s.CharField(help_text="What was done: `create`, `update`, `attach`, …")
    by = s.CharField(help_text="Who did it: `user-<id>`, or `system` for a command")
    via = s.CharField(help_text="How: `session`, `token:<name>`, `admin`, `command`, …")
    ip = s.CharField(allow_null=True, help_text="The client's address. Null for a command.")
    at = s.DateTimeField(help_text="When it was done")
    changes = s.DictField(
        child=s.ListField(),
        help_text="The fields that changed, each with its value before and after",
    )


class VolumeMount(s.Serializer[Any]):
    """One volume that an application mounts."""

    volumeIdRef = s.CharField(help_text="The volume: `vol-<uuid>`")
    mountPath = s.CharField(help_text="Where the application mounts it")
    readOnly = s.BooleanField(help_text="Whether the application may only read")


class ApplicationChange(s.Serializer[Any]):
    """The fields of an application that a caller may change."""

    name = _label(f"{DNS_LABEL}; unique in its environment", required=False)
    version = s.IntegerField(required=False, help_text=NEW_VERSION)


class ApplicationCreation(s.Serializer[Any]):
    """A new application."""

    name = _label(f"{DNS_LABEL}; unique in its environment")


class Application(s.Serializer[Any]):
    """A program that mounts volumes. Holdfast records it but does not run it."""

    id = s.CharField(help_text="`app-<uuid>`")
    name = s.CharField(help_text="Its name, unique in the environment")
    envIdRef = s.UUIDField(help_text=ENVIRONMENT_ID)
    companyIdRef = s.UUIDField(help_text=COMPANY_ID)
    volumeMounts = VolumeMount(many=True, help_text="The volumes that it mounts")
    isDeleted = s.BooleanField(help_text=IS_DELETED)
    createdBy = s.CharField(help_text=CREATED_BY)
    modifiedBy = s.CharField(help_text=MODIFIED_BY)
    version = s.IntegerField(help_text=VERSION)
    createdAt = s.DateTimeField(help_text=CREATED_AT)
    modifiedAt = s.DateTimeField(help_text=MODIFIED_AT)


class ResourceQuota(s.Serializer[Any]):
    """The limit of what an environment may use."""

    storage = _size(
        "The most that the sizes of its volumes may add up to, in MB (MiB). Null for no limit.",
        allow_null=True,
        min_value=0,
    )


class EnvironmentChange(s.Serializer[Any]):
    """The fields of an environment that a caller may change."""

    name = _label(f"{DNS_LABEL}; unique in its company", required=False)
    companyIdRef = s.UUIDField(
        required=False, help_text="The environment's company. Another one is refused."
    )
    resourceQuota = ResourceQuota(required=False)
    version = s.IntegerField(required=False, help_text=NEW_VERSION)


class EnvironmentCreation(s.Serializer[Any]):
    """A new environment."""

    name = _label(f"{DNS_LABEL}; unique in its company")
    companyIdRef = s.UUIDField(
        required=False,
        help_text=(
            "The company that will own it. Required unless you accepted to be an admin of exactly"
            " one company."
        ),
    )
    resourceQuota = ResourceQuota(required=False)


class Environment(s.Serializer[Any]):
    """An isolated workspace of one company, with volumes and applications."""

    id = s.UUIDField(help_text="A UUID")
    name = s.CharField(help_text="Its name, unique in the company")
    companyIdRef = s.UUIDField(help_text=COMPANY_ID)
    resourceQuota = ResourceQuota()
    isDeleted = s.BooleanField(help_text=IS_DELETED)
    createdBy = s.CharField(help_text=CREATED_BY)
    modifiedBy = s.CharField(help_text=MODIFIED_BY)
    version = s.IntegerField(help_text=VERSION)
    createdAt = s.DateTimeField(help_text=CREATED_AT)
    modifiedAt = s.DateTimeField(help_text=MODIFIED_AT)


class Storage(s.Serializer[Any]):
    """An amount of storage."""

    storage = _size("MB (MiB)")


class OptionalStorage(s.Serializer[Any]):
    """An amount of storage that may be unlimited."""

    storage = _size("MB (MiB). Null for no limit.", allow_null=True)


class Percent(s.Serializer[Any]):
    """A share of a quota."""

    storage = s.FloatField(allow_null=True, help_text="Percent. Null without a quota.")


class ResourceUsage(s.Serializer[Any]):
    """What the volumes of an environment use. `available` is what may still be taken, by the quotas of
    the environment and of its company. `utilizationPercent` is `used` in percent of `quota`, and 100 for
    a quota of 0."""

    environmentId = s.UUIDField(help_text=ENVIRONMENT_ID)
    quota = OptionalStorage()
    used = Storage()
    available = OptionalStorage()
    utilizationPercent = Percent()

"""The objects of the API as OpenAPI describes them. They document; `wire` and `rules` do the work."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from volumes.models import SnapshotStatus, VolumeStatus


def _ref(prefix: str, help_text: str = "", **options: Any) -> s.RegexField:
    form = rf"^({prefix})?[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}$"
    return s.RegexField(form, help_text=help_text, **options)


def _label(help_text: str, **options: Any) -> s.RegexField:
    return s.RegexField(
        r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", help_text=help_text, max_length=63, **options
    )


NOTHING = {"type": "object", "maxProperties": 0}
"""The body of what needs to be told nothing; it may be left out."""

LABEL_NAME = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": 32,
        "propertyNames": {"pattern": rf"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?{LABEL_NAME}$"},
        "additionalProperties": {"type": "string", "pattern": f"^({LABEL_NAME})?$"},
        "description": "In the label syntax of Kubernetes; replaced as a whole",
    }
)
class Labels(s.DictField):
    """Pairs of strings."""


def _mount_path(**options: Any) -> s.RegexField:
    return s.RegexField(
        r"^(/[^/:]+)+/?$", max_length=1024, help_text="An absolute POSIX path", **options
    )


class ResourceRequests(s.Serializer[Any]):
    storage = s.RegexField(
        r"^[0-9]+(MB|GB|TB|Mi|Gi|Ti)$", help_text="The size in words; every unit is binary"
    )


class VolumeChange(s.Serializer[Any]):
    """What a caller may change. Fields that Holdfast sets are accepted and ignored."""

    name = _label("A DNS label, unique in its environment", required=False)
    size = s.IntegerField(min_value=1, required=False, help_text="MB (MiB); may only grow")
    resourceRequests = ResourceRequests(required=False)
    mountPath = _mount_path(required=False)
    description = s.CharField(max_length=500, required=False, allow_blank=True)
    labels = Labels(required=False)
    protected = s.BooleanField(required=False, help_text="While true nobody can delete it")
    attachedAppsRefs = s.ListField(child=_ref("app-"), required=False)
    version = s.IntegerField(required=False, help_text="The present one, or the answer is 409")


class VolumeCreation(VolumeChange):
    """`name` and a size are required, the size as `size` or `resourceRequests.storage`."""

    name = _label("A DNS label, unique in its environment")
    restoreFrom = _ref("snap-", "A ready snapshot of the same company", required=False)
    version = None  # type: ignore[assignment]


class VolumeValidation(VolumeChange):
    """A creation, or with `id` a change."""

    id = _ref("vol-", required=False)
    restoreFrom = _ref("snap-", required=False)


class Volume(s.Serializer[Any]):
    """Persistent storage. `size` is what was asked for, `provisionedSize` what the backend holds."""

    id = _ref("vol-")
    name = s.CharField()
    envIdRef = s.UUIDField()
    companyIdRef = s.UUIDField()
    size = s.IntegerField(help_text="MB (MiB)")
    mountPath = s.CharField()
    isDeleted = s.BooleanField()
    createdBy = s.CharField()
    modifiedBy = s.CharField()
    version = s.IntegerField()
    description = s.CharField()
    labels = s.DictField(child=s.CharField())
    protected = s.BooleanField()
    status = s.ChoiceField(VolumeStatus.values)
    statusMessage = s.CharField()
    provisionedSize = s.IntegerField(allow_null=True)
    usedSize = s.IntegerField(allow_null=True, help_text="MB (MiB), rounded up")
    usedSizeAt = s.DateTimeField(allow_null=True)
    attachedAppsRefs = s.ListField(child=s.CharField())
    createdAt = s.DateTimeField()
    modifiedAt = s.DateTimeField()


class Problem(s.Serializer[Any]):
    field = s.CharField(help_text='The field at fault, dots for inner ones; "" where none is')
    code = s.CharField()
    message = s.CharField()


class Error(s.Serializer[Any]):
    """Every refusal has this form."""

    code = s.CharField()
    message = s.CharField()
    details = s.CharField()
    errors = Problem(many=True, required=False)  # type: ignore[assignment]
    requestId = s.CharField()


class Quota(s.Serializer[Any]):
    limit = s.IntegerField(allow_null=True)
    used = s.IntegerField()
    after = s.IntegerField()


class Normalized(s.Serializer[Any]):
    name = s.CharField(allow_null=True)
    size = s.IntegerField(allow_null=True)
    mountPath = s.CharField(allow_null=True)


class Verdict(s.Serializer[Any]):
    """What create or update would say, all of it, without doing it."""

    valid = s.BooleanField()
    errors = Problem(many=True)  # type: ignore[assignment]
    warnings = Problem(many=True)
    quota = Quota()
    normalized = Normalized()


class Done(s.Serializer[Any]):
    message = s.CharField()
    id = s.CharField()


class AttachmentCreation(s.Serializer[Any]):
    appIdRef = _ref("app-")
    mountPath = _mount_path(required=False)
    readOnly = s.BooleanField(required=False)


class Attachment(s.Serializer[Any]):
    volumeIdRef = s.CharField()
    appIdRef = s.CharField()
    mountPath = s.CharField()
    readOnly = s.BooleanField()
    source = s.CharField(help_text="What to mount: a host path, or namespace/claim")  # type: ignore[assignment]
    attachedAt = s.DateTimeField()


class SnapshotCreation(s.Serializer[Any]):
    name = _label("Default: snapshot-<yyyymmdd>-<hhmmss>", required=False)


class Snapshot(s.Serializer[Any]):
    id = s.CharField()
    volumeIdRef = s.CharField()
    name = s.CharField()
    size = s.IntegerField(help_text="MB (MiB) of the volume at that time")
    status = s.ChoiceField(SnapshotStatus.values)
    statusMessage = s.CharField()
    createdBy = s.CharField()
    createdAt = s.DateTimeField()


class Sample(s.Serializer[Any]):
    at = s.DateTimeField()
    usedSize = s.IntegerField()
    size = s.IntegerField()


class Usage(s.Serializer[Any]):
    volumeIdRef = s.CharField()
    size = s.IntegerField()
    samples = Sample(many=True)
    fullAt = s.DateTimeField(allow_null=True)


class HistoryEntry(s.Serializer[Any]):
    version = s.IntegerField(allow_null=True)
    action = s.CharField()
    by = s.CharField()
    via = s.CharField()
    ip = s.CharField(allow_null=True)
    at = s.DateTimeField()
    changes = s.DictField(child=s.ListField())


class VolumeMount(s.Serializer[Any]):
    volumeIdRef = s.CharField()
    mountPath = s.CharField()
    readOnly = s.BooleanField()


class ApplicationChange(s.Serializer[Any]):
    name = _label("A DNS label, unique in its environment", required=False)
    version = s.IntegerField(required=False)


class ApplicationCreation(s.Serializer[Any]):
    name = _label("A DNS label, unique in its environment")


class Application(s.Serializer[Any]):
    id = s.CharField()
    name = s.CharField()
    envIdRef = s.UUIDField()
    companyIdRef = s.UUIDField()
    volumeMounts = VolumeMount(many=True)
    isDeleted = s.BooleanField()
    createdBy = s.CharField()
    modifiedBy = s.CharField()
    version = s.IntegerField()
    createdAt = s.DateTimeField()
    modifiedAt = s.DateTimeField()


class ResourceQuota(s.Serializer[Any]):
    storage = s.IntegerField(allow_null=True, min_value=0, help_text="MB (MiB), null for none")


class EnvironmentChange(s.Serializer[Any]):
    name = _label("A DNS label, unique in its company", required=False)
    companyIdRef = s.UUIDField(required=False)
    resourceQuota = ResourceQuota(required=False)
    version = s.IntegerField(required=False)


class EnvironmentCreation(s.Serializer[Any]):
    name = _label("A DNS label, unique in its company")
    companyIdRef = s.UUIDField(
        required=False, help_text="Needed only by who administers several companies"
    )
    resourceQuota = ResourceQuota(required=False)


class Environment(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    companyIdRef = s.UUIDField()
    resourceQuota = ResourceQuota()
    isDeleted = s.BooleanField()
    createdBy = s.CharField()
    modifiedBy = s.CharField()
    version = s.IntegerField()
    createdAt = s.DateTimeField()
    modifiedAt = s.DateTimeField()


class Storage(s.Serializer[Any]):
    storage = s.IntegerField()


class OptionalStorage(s.Serializer[Any]):
    storage = s.IntegerField(allow_null=True)


class Percent(s.Serializer[Any]):
    storage = s.FloatField(allow_null=True)


class ResourceUsage(s.Serializer[Any]):
    environmentId = s.UUIDField()
    quota = OptionalStorage()
    used = Storage()
    available = OptionalStorage()
    utilizationPercent = Percent()

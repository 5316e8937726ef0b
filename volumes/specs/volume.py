"""What a caller asks of a volume."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings

from volumes.models import Application, Snapshot
from volumes.specs import parsers
from volumes.specs.parsers import Body, Reader, Spec

SET_BY_CALLER = {
    "name",
    "size",
    "resourceRequests",
    "mountPath",
    "description",
    "labels",
    "protected",
    "attachedAppsRefs",
}
COLUMNS = {
    "name": "name",
    "size": "size",
    "mountPath": "mount_path",
    "description": "description",
    "labels": "labels",
    "protected": "protected",
}
"""What a caller sets, by its name on the wire and its column."""
SET_BY_HOLDFAST = {
    "id",
    "envIdRef",
    "companyIdRef",
    "isDeleted",
    "createdBy",
    "modifiedBy",
    "version",
    "status",
    "statusMessage",
    "provisionedSize",
    "usedSize",
    "usedSizeAt",
    "createdAt",
    "modifiedAt",
}


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
    known = SET_BY_CALLER | SET_BY_HOLDFAST | ({"restoreFrom"} if new else set())
    reader = Reader(body, known=known)
    name = reader.read("name", parsers.dns_label, required=new)
    size = _read_size(reader, required=new)
    mount_path = reader.read("mountPath", parsers.mount_path)
    if new and name and "mountPath" not in body:
        mount_path = f"/data/{name}"
    return VolumeSpec(
        version=parsers.version(body),
        name=name,
        size=size,
        mount_path=mount_path,
        description=reader.read("description", parsers.description),
        labels=parsers.read_labels(reader),
        protected=reader.read("protected", parsers.boolean),
        application_ids=reader.read(
            "attachedAppsRefs", parsers.list_of(parsers.identifier(Application.prefix))
        ),
        snapshot_id=reader.read("restoreFrom", parsers.identifier(Snapshot.prefix))
        if new
        else None,
        problems=tuple(reader.problems),
    )


def _read_size(reader: Reader, *, required: bool) -> int | None:
    """`size`, or `resourceRequests.storage`, which says the same in words; both must agree."""
    in_words = _read_size_in_words(reader)
    size = reader.read("size", parsers.integer)
    if required and not {"size", "resourceRequests"} & set(reader.body):
        reader.add_problem("size", "required", "is required")
    if size is not None and in_words is not None and size != in_words:
        reader.add_problem(
            "resourceRequests.storage", "size_mismatch", f"says {in_words} MB, but size says {size}"
        )
        return None
    wanted, name = (size, "size") if size is not None else (in_words, "resourceRequests.storage")
    if wanted is None:
        return None
    if wanted < 1:
        reader.add_problem(name, "invalid", "must be at least 1 MB")
        return None
    if wanted > settings.VOLUME_MAX_SIZE:
        reader.add_problem(name, "too_large", f"must be at most {settings.VOLUME_MAX_SIZE} MB")
        return None
    return wanted


def _read_size_in_words(reader: Reader) -> int | None:
    requests = reader.read("resourceRequests", parsers.mapping)
    if requests is None:
        return None
    inner = Reader(requests, known={"storage"})
    in_words = inner.read("storage", parsers.storage, required=True)
    for problem in inner.problems:
        reader.add_problem(f"resourceRequests.{problem.field}", problem.code, problem.message)
    return in_words

"""What a caller asks for when an application is attached."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from volumes.models import Application
from volumes.specs import parsers
from volumes.specs.parsers import Body, Reader, Spec

KNOWN = {"appIdRef", "mountPath", "readOnly", "volumeIdRef", "source", "attachedAt"}


@dataclass(frozen=True, kw_only=True)
class AttachmentSpec(Spec):
    """Which application mounts a volume, where, and whether only for reading."""

    application_id: uuid.UUID | None = None
    mount_path: str | None = None
    read_only: bool | None = None


def parse_attachment(body: Body) -> AttachmentSpec:
    reader = Reader(body, known=KNOWN)
    return AttachmentSpec(
        application_id=reader.read(
            "appIdRef", parsers.identifier(Application.prefix), required=True
        ),
        mount_path=reader.read("mountPath", parsers.mount_path),
        read_only=reader.read("readOnly", parsers.boolean),
        problems=tuple(reader.problems),  # last: by then all of them are there
    )

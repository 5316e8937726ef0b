"""The rules of attaching an application to a volume."""

from __future__ import annotations

from collections.abc import Iterable

from config.errors import Problem
from volumes.models import Application, Attachment, Volume
from volumes.rules import warnings
from volumes.specs.attachment import AttachmentSpec


def review(volume: Volume, spec: AttachmentSpec) -> tuple[Application | None, list[Problem]]:
    """The application that the spec names, and every problem with attaching it."""
    problems = list(spec.problems)
    if spec.application_id is None:
        return None, problems
    application: Application | None = (
        volume.environment.applications.live().filter(pk=spec.application_id).first()
    )
    if application is None:
        problems.append(
            Problem("appIdRef", "not_found", "names no application of this environment")
        )
    else:
        problems += _conflicts(application, volume, spec.mount_path or volume.mount_path)
    return application, problems


def attachment_warnings(volume: Volume, application: Application, path: str) -> Iterable[Problem]:
    """What is allowed and yet probably not meant about mounting the volume there."""
    others = Attachment.objects.filter(application=application).exclude(volume=volume)
    yield from warnings.system_path(path)
    yield from warnings.nested_path(
        path, others.order_by("mount_path").values_list("mount_path", flat=True)
    )


def _conflicts(application: Application, volume: Volume, path: str) -> Iterable[Problem]:
    mounts = Attachment.objects.filter(application=application)
    if mounts.filter(volume=volume).exists():
        yield Problem(
            "appIdRef", "attached_already", f"{application.name} mounts this volume already"
        )
    elif mounts.filter(mount_path=path).exists():
        yield Problem("mountPath", "mount_path_taken", f"{path} is taken in {application.name}")

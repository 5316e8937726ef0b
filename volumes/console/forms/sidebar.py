"""The sidebar of a volume form: the resulting quota, and the same request with curl."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from volumes.console.forms.volume import VolumeForm
from volumes.console.scan_scope import usage_summary
from volumes.presentation import form_values, formatting


def form_context(form: VolumeForm) -> dict[str, Any]:
    """Return the template context of a checked form."""
    environment = form.visit.environment
    return {
        "visit": form.visit,
        "environment": environment,
        "volume": form.volume,
        "form": form,
        "room": form.found and form.found.room,
        # Lazy: queried only if a gauge is shown.
        "totals": SimpleLazyObject(lambda: usage_summary(environment.volumes.live())),
        "size_success": _size_success(form),
        "curl": as_curl(form),
    }


def _size_success(form: VolumeForm) -> str:
    """Return a hint about a valid size, or ""."""
    room, size = form.found.room, form.found.spec.size
    if not size or room.extra <= 0 or form.fields["size"].problems:
        return ""
    exact = f"{size:,} MB."
    return (
        exact
        if room.limit is None
        else f"{exact} Leaves {formatting.size(room.limit - room.after)} of the quota."
    )


def as_curl(form: VolumeForm) -> str:
    """Return the equivalent curl command, as far as the form is filled in."""
    path = f"{settings.PUBLIC_URL.geturl().rstrip('/')}/{form.visit.environment.pk}/volume"
    address = f"-X PUT {path}/{form.volume.ref}" if form.volume else path
    body = json.dumps(_spec(form), indent=1, ensure_ascii=False)
    lines = [
        f"curl {address}",
        '-H "Authorization: Bearer $HOLDFAST_TOKEN"',
        f"--json {shlex.quote(body)}",
    ]
    return " \\\n  ".join(lines)


def _spec(form: VolumeForm) -> dict[str, Any]:
    """Return the body with the size as a number; for an update, only the changed fields."""
    size = form.found.spec.size if form.found else None
    before: dict[str, Any] = {}
    if form.volume:
        before = form_values.body_of(form_values.from_volume(form.volume, form.fields), new=False)
    spec: dict[str, Any] = {}
    for name, value in form.body.items():
        if name == "resourceRequests" and size:
            spec["size"] = size
        elif name != "version" and before.get(name) != value:
            spec[name] = value
    return spec

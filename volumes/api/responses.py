"""Responses that the views and the fast path share: one volume, a page of volumes, a create."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from accounts.callers import Caller
from config.errors import NotFound
from volumes.api import representations
from volumes.api.headers import idempotency_key, with_etag
from volumes.api.pagination import ListPage
from volumes.models import Environment, Snapshot, Volume, VolumeStatus
from volumes.models.snapshot import SnapshotQuerySet
from volumes.queries.volume_rows import VolumeRow, get_volume_row
from volumes.services.creation import create_volume
from volumes.services.idempotency import IdempotencyKey, digest
from volumes.specs.parsers import Body
from volumes.specs.volume import VolumeSpec, parse_volume

AnyRequest = HttpRequest | Request


def volume_response(request: AnyRequest, found: VolumeRow | None) -> HttpResponse:
    """Return the response for one volume. Raises NotFound if there is none."""
    if found is None:
        raise NotFound
    return with_etag(request, representations.volume(found))


def list_response(request: AnyRequest, page: ListPage, found: Iterable[VolumeRow]) -> HttpResponse:
    return page.reply(request, found, representations.volume)


def current_state(environment: Environment, volume: Volume) -> representations.Json:
    """Return a volume that was just written as it is now: its step may have changed it."""
    found = get_volume_row(environment.pk, volume.pk, deleted_too=True)
    if found is None:  # purged at this moment
        raise NotFound
    return representations.volume(found)


def snapshots_for(spec: VolumeSpec, caller: Caller) -> SnapshotQuerySet:
    """Return the snapshots that the caller may see; none if the spec names none, which is faster."""
    return Snapshot.objects.visible_to(caller) if spec.snapshot_id else Snapshot.objects.none()


def create_response(
    request: AnyRequest, caller: Caller, environment: Environment, body: Body
) -> HttpResponse:
    """Return the response to a create: the new volume, or the earlier one of the same Idempotency-Key.

    Raises Refused with every problem, BadRequest.
    """
    given, spec = idempotency_key(request), parse_volume(body, new=True)
    key = given and IdempotencyKey(caller.user.pk, "volume", environment.pk, given, digest(body))
    volume, replayed = create_volume(
        environment=environment,
        spec=spec,
        snapshots=snapshots_for(spec, caller),
        actor=caller.actor,
        key=key or None,
    )
    is_new = not replayed and spec.application_ids is None
    answer = created_response(request, volume, is_new=is_new)
    if replayed:
        answer["Idempotent-Replay"] = "true"
    return answer


def created_response(request: AnyRequest, volume: Volume, *, is_new: bool = True) -> HttpResponse:
    """Return the response to a create. `is_new`: the volume is new, and no application mounts it."""
    # A new volume that was settled in time is known without a query.
    environment = volume.environment
    shown = (
        representations.volume(representations.row_from_instance(volume, environment.company_id))
        if is_new and volume.status == VolumeStatus.READY
        else current_state(environment, volume)
    )
    answer = with_etag(request, shown, status=201)
    answer["Location"] = f"{request.path}/{volume.ref}"
    return answer

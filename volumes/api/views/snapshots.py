"""`/{envId}/volume/{id}/snapshot`: copies of a volume's data at one moment."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.models import Role
from config.errors import NotFound
from volumes.api import pagination, representations
from volumes.api.headers import idempotency_key, json_response
from volumes.api.pagination import ListPage
from volumes.api.views.base import EnvironmentScopedView
from volumes.models import Snapshot
from volumes.services import snapshots as services
from volumes.services.idempotency import IdempotencyKey, digest
from volumes.specs.snapshot import parse_snapshot


class SnapshotView(EnvironmentScopedView):
    """Read-only copies, which can fill new volumes."""

    required_roles = {"create": Role.EDITOR, "destroy": Role.EDITOR}
    parameters = {"list": pagination.PARAMETERS}

    def list(self, request: Request, **path: str) -> HttpResponse:
        page = ListPage(self.query)
        self.query.check()
        # A snapshot that is being deleted is listed until it is gone: its status says so.
        return page.answer(
            request, self.get_volume_or_404().snapshots.all(), representations.snapshot
        )

    def create(self, request: Request, **path: str) -> HttpResponse:
        given, volume_id_, body = idempotency_key(request), self.volume_id, self.optional_body()
        key = given and IdempotencyKey(
            self.caller.user.pk, "snapshot", volume_id_, given, digest(body)
        )
        snapshot, replayed = services.take_snapshot(
            environment=self.environment,
            volume_id=volume_id_,
            spec=parse_snapshot(body),
            actor=self.caller.actor,
            key=key or None,
        )
        # As it is now. It is gone only if somebody deleted it at this moment.
        snapshot = Snapshot.objects.filter(pk=snapshot.pk).first() or snapshot
        answer = json_response(representations.snapshot(snapshot), status=201)
        answer["Location"] = f"{request.path}/{snapshot.ref}"
        if replayed:
            answer["Idempotent-Replay"] = "true"
        return answer

    def retrieve(self, request: Request, **path: str) -> HttpResponse:
        snapshot = self.get_volume_or_404().snapshots.filter(pk=self.snapshot_id).first()
        if snapshot is None:
            raise NotFound
        return json_response(representations.snapshot(snapshot))

    def destroy(self, request: Request, **path: str) -> HttpResponse:
        snapshot = services.delete_snapshot(
            environment=self.environment,
            volume_id=self.volume_id,
            snapshot_id=self.snapshot_id,
            actor=self.caller.actor,
        )
        return json_response({"message": "Snapshot deleted successfully", "id": snapshot.ref})

    @property
    def snapshot_id(self) -> uuid.UUID:
        return self.path_id("snapId", Snapshot.prefix)

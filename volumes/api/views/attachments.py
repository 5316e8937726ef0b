"""`/{envId}/volume/{id}/attachment`: which applications mount a volume, and where."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.models import Role
from volumes.api import pagination, representations
from volumes.api.headers import json_response
from volumes.api.pagination import ListPage
from volumes.api.views.base import EnvironmentScopedView
from volumes.models import Application
from volumes.services import attachments as services
from volumes.specs.attachment import parse_attachment
from volumes.storage import source_of


class AttachmentView(EnvironmentScopedView):
    """The attachment of one application to one volume."""

    required_roles = {"create": Role.EDITOR, "destroy": Role.EDITOR}
    parameters = {"list": pagination.PARAMETERS}

    def list(self, request: Request, **path: str) -> HttpResponse:
        page = ListPage(self.query)
        self.query.check()
        volume = self.get_volume_or_404()
        source = source_of(volume)
        return page.answer(
            request, volume.attachments.all(), lambda row: representations.attachment(row, source)
        )

    def create(self, request: Request, **path: str) -> HttpResponse:
        attachment = services.attach(
            environment=self.environment,
            volume_id=self.volume_id,
            spec=parse_attachment(self.body()),
            actor=self.caller.actor,
        )
        source = source_of(attachment.volume)
        return json_response(representations.attachment(attachment, source), status=201)

    def destroy(self, request: Request, **path: str) -> HttpResponse:
        application = services.detach(
            environment=self.environment,
            volume_id=self.volume_id,
            application_id=self.app_id,
            actor=self.caller.actor,
        )
        return json_response(
            {"message": "Application detached successfully", "id": application.ref}
        )

    @property
    def app_id(self) -> uuid.UUID:
        return self.path_id("appId", Application.prefix)

"""`/{envId}/app`: applications, which run in an environment and mount volumes."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.models import Role
from config.errors import NotFound
from volumes.api import pagination, representations
from volumes.api.headers import if_match, json_response, with_etag
from volumes.api.list_filters import NAME_FILTERS, filter_named
from volumes.api.pagination import ListPage
from volumes.api.views.base import EnvironmentScopedView
from volumes.models import Application
from volumes.queries.applications import with_attachments
from volumes.services import applications as services
from volumes.specs.application import parse_application


class ApplicationView(EnvironmentScopedView):
    """Holdfast records applications; the platform runs them."""

    required_roles = {"create": Role.EDITOR, "update": Role.EDITOR, "destroy": Role.EDITOR}
    parameters = {"list": pagination.PARAMETERS | NAME_FILTERS}

    def list(self, request: Request, **path: str) -> HttpResponse:
        page = ListPage(self.query)
        applications = with_attachments(self.environment.applications.all())
        found = filter_named(applications, self.query)
        self.query.check()
        company_id = self.environment.company_id
        return page.answer(request, found, lambda row: representations.application(row, company_id))

    def create(self, request: Request, **path: str) -> HttpResponse:
        application = services.create_application(
            environment=self.environment,
            spec=parse_application(self.body(), new=True),
            actor=self.caller.actor,
        )
        answer = self._show(application.pk, status=201)
        answer["Location"] = f"{request.path}/{application.ref}"
        return answer

    def retrieve(self, request: Request, **path: str) -> HttpResponse:
        application = self.environment.applications.live().filter(pk=self.app_id).first()
        if application is None:
            raise NotFound
        return self._show(application.pk)

    def update(self, request: Request, **path: str) -> HttpResponse:
        application = services.update_application(
            environment=self.environment,
            application_id=self.app_id,
            spec=parse_application(self.optional_body(), new=False),
            actor=self.caller.actor,
            precondition=if_match(request),
        )
        return self._show(application.pk)

    def destroy(self, request: Request, **path: str) -> HttpResponse:
        application = services.delete_application(
            environment=self.environment,
            application_id=self.app_id,
            actor=self.caller.actor,
            precondition=if_match(request),
        )
        return json_response({"message": "Application deleted successfully", "id": application.ref})

    @property
    def app_id(self) -> uuid.UUID:
        return self.path_id("id", Application.prefix)

    def _show(self, pk: uuid.UUID, *, status: int = 200) -> HttpResponse:
        application = with_attachments(self.environment.applications.all()).get(pk=pk)
        return with_etag(
            self.request,
            representations.application(application, self.environment.company_id),
            status=status,
        )

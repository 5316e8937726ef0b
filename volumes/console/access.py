"""Access to pages: each page looks its environment up among those that the user may see."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from accounts.auth.decorators import AuthenticatedHttpRequest, full_login_required
from accounts.callers import Actor, Caller
from accounts.models import Role
from config import errors
from config.client_addresses import client_ip
from volumes.models import Environment, Volume

Page = Callable[..., HttpResponse]


def caller_of(request: AuthenticatedHttpRequest) -> Caller:
    return Caller(user=request.user, token=None, ip=client_ip(request))


class EnvironmentContext:
    """The context of a request to a page of an environment."""

    def __init__(self, request: AuthenticatedHttpRequest, environment: Environment) -> None:
        self.request = request
        self.caller = caller_of(request)
        self.environment = environment
        self.company = environment.company
        self.may_edit = self.caller.may(Role.EDITOR, role=environment.role)
        self.may_administer = self.caller.may(Role.ADMIN, role=environment.role)

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    def volume(self, volume_id: uuid.UUID, *, deleted_too: bool = False) -> Volume:
        """Return a volume of this environment. Raises Http404."""
        volumes = self.environment.volumes
        found = (volumes.all() if deleted_too else volumes.live()).filter(pk=volume_id).first()
        if found is None:
            raise Http404
        found.environment = self.environment
        return found


def environment_view(needs: Role = Role.VIEWER) -> Callable[[Page], Page]:
    """Decorate a page below `/env/<env_id>`, which receives an EnvironmentContext.

    Answers 404 if the user may not see the environment, 403 if the role is too low, and 404 for
    NotFound of a service. The page itself shows Refused at the inputs.
    """

    def guard(page: Page) -> Page:
        @wraps(page)
        @full_login_required
        def guarded(
            request: AuthenticatedHttpRequest, env_id: uuid.UUID, *args: Any, **kwargs: Any
        ) -> HttpResponse:
            reached = Environment.objects.live().visible_to(caller_of(request))
            found = reached.with_storage_room().select_related("company")
            environment = found.filter(pk=env_id).first()
            if environment is None:
                raise Http404
            visit = EnvironmentContext(request, environment)
            if not visit.caller.may(needs, role=environment.role):
                raise PermissionDenied
            try:
                return page(visit, *args, **kwargs)
            except errors.NotFound:
                raise Http404 from None

        return cast(Page, guarded)

    return guard

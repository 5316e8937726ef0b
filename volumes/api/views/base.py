"""What every view of the API shares: the order of refusals, stated once."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from accounts.callers import Caller
from accounts.models import Role
from config.errors import BadRequest, Forbidden, NotFound, Refused
from volumes.api.parsers import UnsupportedContentEncoding, is_encoded
from volumes.api.query_params import Query
from volumes.models import Environment, Volume
from volumes.queries.environments import environment_of
from volumes.specs.parsers import Body, InvalidValue, identifier


class ApiView(ViewSet):
    """Refuses in the contract's order: 401, 403 of credentials (both by DRF's authentication),
    405, then whatever `admit()` checks (environment and role), then what cannot be read."""

    http_method_names = ["get", "head", "post", "put", "delete"]
    needs: ClassVar[dict[str, Role]] = {}
    """The role that each action takes; reading takes a viewer's."""
    environment_parameter: ClassVar[str] = "envId"
    """The name that the identifier of the environment has in the path."""
    parameters: ClassVar[dict[str, frozenset[str]]] = {}
    repeatable: ClassVar[frozenset[str]] = frozenset()

    query: Query

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            return  # DRF answers 405
        self.admit()
        charset = (request._request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType(str(request.content_type))
        self.query = Query(
            request.query_params,
            known=self.parameters.get(self.action, frozenset()),
            repeatable=self.repeatable,
        )
        self.query.check()

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}  # DRF's `Allow` is for a 405, which has it

    @property
    def caller(self) -> Caller:
        caller = self.request.auth
        assert isinstance(caller, Caller)
        return caller

    @property
    def needed(self) -> Role:
        return self.needs.get(self.action or "", Role.VIEWER)

    def admit(self) -> None:
        """Refuse whoever has no business here."""

    def path_id(self, name: str, prefix: str) -> uuid.UUID:
        """The identifier of this name in the path. Raises BadRequest for one of another form."""
        try:
            return identifier(prefix)(self.kwargs[name])
        except InvalidValue as error:
            raise BadRequest.because(name, "invalid", str(error)) from None

    def body(self) -> Body:
        """The body. Raises Refused for one that is not an object."""
        body = self._parsed_body()
        if not isinstance(body, dict):
            raise Refused.because("", "invalid", "The body must be a JSON object, in braces.")
        return body

    def optional_body(self) -> Body:
        """The body of a request that needs no field: clients without one may send `null`."""
        return {} if self._parsed_body() is None else self.body()

    def _parsed_body(self) -> Any:
        if is_encoded(self.request.META):
            raise UnsupportedContentEncoding
        return self.request.data

    def environment_or_refuse(self) -> Environment:
        """The environment of the path, as far as the caller reaches it and may do this there."""
        env_id = self.path_id(self.environment_parameter, "")
        found = environment_of(self.caller, env_id)
        if found is None:
            raise NotFound
        if not self.caller.may(self.needed, role=found.role):
            raise Forbidden(f"This needs the role {self.needed} and a token that may write.")
        return found


class EnvironmentScopedView(ApiView):
    """Everything that begins with `/{envId}`."""

    environment: Environment

    def admit(self) -> None:
        self.environment = self.environment_or_refuse()

    @property
    def volume_id(self) -> uuid.UUID:
        return self.path_id("id", Volume.prefix)

    def volume_or_refuse(self, *, deleted_too: bool = False) -> Volume:
        volumes = self.environment.volumes.all() if deleted_too else self.environment.volumes.live()
        volume = volumes.filter(pk=self.volume_id).first()
        if volume is None:
            raise NotFound
        volume.environment = self.environment
        return volume


class UnroutedView(APIView):
    """Paths that speak JSON and lead nowhere: 401 first, as everywhere, then 404."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound

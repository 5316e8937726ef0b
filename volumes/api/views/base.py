"""The base of all views of the API: it refuses in the order of the contract."""

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
    """Refuses in the order of the contract: 401 and 403 of credentials (by DRF's authentication), 405,
    then what `authorize()` checks (environment and role), then what cannot be parsed."""

    http_method_names = ["get", "head", "post", "put", "delete"]
    required_roles: ClassVar[dict[str, Role]] = {}
    """The role that each action requires. Reading requires a viewer."""
    environment_parameter: ClassVar[str] = "envId"
    """The name of the environment's identifier in the path."""
    parameters: ClassVar[dict[str, frozenset[str]]] = {}
    repeatable: ClassVar[frozenset[str]] = frozenset()

    query: Query

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            return  # DRF answers 405
        self.authorize()
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
        return {}  # DRF adds `Allow` to every response; a 405 has it anyway

    @property
    def caller(self) -> Caller:
        caller = self.request.auth
        assert isinstance(caller, Caller)
        return caller

    @property
    def required_role(self) -> Role:
        return self.required_roles.get(self.action or "", Role.VIEWER)

    def authorize(self) -> None:
        """Raise NotFound or Forbidden unless the caller may do this here."""

    def path_id(self, name: str, prefix: str) -> uuid.UUID:
        """Return an identifier of the path. Raises BadRequest if it is malformed."""
        try:
            return identifier(prefix)(self.kwargs[name])
        except InvalidValue as error:
            raise BadRequest.because(name, "invalid", str(error)) from None

    def body(self) -> Body:
        """Return the body. Raises Refused if it is not an object."""
        body = self._parsed_body()
        if not isinstance(body, dict):
            raise Refused.because("", "invalid", "The body must be a JSON object, in braces.")
        return body

    def optional_body(self) -> Body:
        """Return the body of a request that needs no field. Clients may send none, or `null`."""
        return {} if self._parsed_body() is None else self.body()

    def _parsed_body(self) -> Any:
        if is_encoded(self.request.META):
            raise UnsupportedContentEncoding
        return self.request.data

    def get_environment_or_404(self) -> Environment:
        """Return the environment of the path. Raises NotFound, and Forbidden for a role too low."""
        env_id = self.path_id(self.environment_parameter, "")
        found = environment_of(self.caller, env_id)
        if found is None:
            raise NotFound
        if not self.caller.may(self.required_role, role=found.role):
            raise Forbidden(f"This needs the role {self.required_role} and a token that may write.")
        return found


class EnvironmentScopedView(ApiView):
    """The base of views below `/{envId}`."""

    environment: Environment

    def authorize(self) -> None:
        self.environment = self.get_environment_or_404()

    @property
    def volume_id(self) -> uuid.UUID:
        return self.path_id("id", Volume.prefix)

    def get_volume_or_404(self, *, deleted_too: bool = False) -> Volume:
        volumes = self.environment.volumes.all() if deleted_too else self.environment.volumes.live()
        volume = volumes.filter(pk=self.volume_id).first()
        if volume is None:
            raise NotFound
        volume.environment = self.environment
        return volume


class UnroutedView(APIView):
    """API paths without a view: 401 first, as everywhere, then 404."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound

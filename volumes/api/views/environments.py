"""`/environments`: the environments that the caller may see."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.models import Company, Membership, Role
from config.errors import Forbidden, Problem, Refused
from volumes.api import pagination, representations
from volumes.api.headers import if_match, json_response, with_etag
from volumes.api.list_filters import NAME_FILTERS, filter_named
from volumes.api.pagination import ListPage
from volumes.api.views.base import ApiView
from volumes.models import Environment
from volumes.rules.environments import NAME_REQUIRED
from volumes.services import environments as services
from volumes.specs.environment import EnvironmentSpec, parse_environment


class EnvironmentCollectionView(ApiView):
    """Lists the environments of the caller. Admins of a company create environments."""

    required_roles = {"create": Role.ADMIN}
    parameters = {"list": pagination.PARAMETERS | NAME_FILTERS}

    def authorize(self) -> None:
        if self.action == "create" and not self._administered():
            raise Forbidden("Environments are made by a company's admins, with an unbound token.")

    def create(self, request: Request) -> HttpResponse:
        spec = parse_environment(self.body())
        environment = services.create_environment(
            company=self._company(spec), spec=spec, actor=self.caller.actor
        )
        answer = with_etag(request, representations.environment(environment), status=201)
        answer["Location"] = f"{request.path}/{environment.pk}"
        return answer

    def _administered(self) -> list[Membership]:
        """Return the memberships in which these credentials act as an admin."""
        if self.caller.environment_id is not None:
            return []
        memberships = self.caller.user.memberships.select_related("company").order_by("pk")
        return [
            membership
            for membership in memberships
            if self.caller.may(Role.ADMIN, role=membership.role)
        ]

    def _company(self, spec: EnvironmentSpec) -> Company:
        """Return the named company, or else the only one whose admin the person accepted to be.

        Others decide on a promotion, and must not change what the person's programs do.
        """
        administered, problems = self._administered(), list(spec.problems)
        if spec.lacks("companyIdRef", spec.company_id):
            accepted = [one.company for one in administered if not one.is_promoted]
            if len(accepted) == 1:
                return accepted[0]
            message = "is required unless you accepted to be an admin of exactly one company"
            problems.append(Problem("companyIdRef", "required", message))
        for membership in administered:
            if membership.company_id == spec.company_id:
                return membership.company
        if self.caller.user.memberships.filter(company=spec.company_id).exists():
            raise Forbidden("Environments of that company are made by its admins.")
        if spec.company_id is not None:
            problems.append(Problem("companyIdRef", "not_found", "names no company of yours"))
        # Without a company, names and quotas cannot be checked; all else can.
        if spec.lacks("name", spec.name):
            problems.append(NAME_REQUIRED)
        raise Refused(problems)

    def list(self, request: Request) -> HttpResponse:
        page = ListPage(self.query)
        found = filter_named(Environment.objects.visible_to(self.caller), self.query)
        self.query.check()
        return page.answer(request, found, representations.environment)


class EnvironmentView(ApiView):
    """One environment. Only admins change it."""

    required_roles = {"update": Role.ADMIN, "destroy": Role.ADMIN}
    environment_parameter = "id"

    def authorize(self) -> None:
        self.environment = self.get_environment_or_404()

    def retrieve(self, request: Request, **path: str) -> HttpResponse:
        return with_etag(request, representations.environment(self.environment))

    def update(self, request: Request, **path: str) -> HttpResponse:
        spec = parse_environment(self.optional_body())
        environment = services.update_environment(
            environment=self.environment,
            spec=spec,
            actor=self.caller.actor,
            precondition=if_match(request),
        )
        return with_etag(request, representations.environment(environment))

    def destroy(self, request: Request, **path: str) -> HttpResponse:
        environment = services.delete_environment(
            environment=self.environment, actor=self.caller.actor, precondition=if_match(request)
        )
        return json_response(
            {"message": "Environment deleted successfully", "id": str(environment.pk)}
        )

    def resource_usage(self, request: Request, **path: str) -> HttpResponse:
        return json_response(representations.resource_usage(self.environment))

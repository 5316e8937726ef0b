"""`/{envId}/volume`: volumes."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from accounts.models import Revision, Role, Subject
from config.errors import CONFLICTS, Problem, Refused
from volumes.api import pagination, representations, responses
from volumes.api.headers import if_match, json_response, with_etag
from volumes.api.list_filters import VOLUME_FILTERS, filter_volumes
from volumes.api.pagination import ListPage
from volumes.api.views.base import EnvironmentScopedView
from volumes.models import Environment, Volume
from volumes.queries import forecast, volume_rows
from volumes.queries.volume_rows import VolumeRow
from volumes.rules.volumes import Review, review
from volumes.services import volumes as services
from volumes.services.locking import check_version
from volumes.specs.parsers import Body, InvalidValue, Reader, identifier
from volumes.specs.volume import parse_volume


class VolumeView(EnvironmentScopedView):
    """Persistent storage that applications of one environment mount."""

    required_roles = {
        "create": Role.EDITOR,
        "update": Role.EDITOR,
        "destroy": Role.EDITOR,
        "restore": Role.EDITOR,
    }
    parameters = {
        "list": pagination.PARAMETERS | VOLUME_FILTERS,
        "destroy": frozenset({"cascade"}),
        "history": pagination.PARAMETERS,
        "usage": frozenset({"days"}),
    }
    repeatable = frozenset({"label"})

    def create(self, request: Request, **path: str) -> HttpResponse:
        return responses.create_response(request, self.caller, self.environment, self.body())

    def list(self, request: Request, **path: str) -> HttpResponse:
        sort = self.query.choice(
            "sort", ["createdAt", "-createdAt", "name", "-name", "size", "-size"]
        )
        page = ListPage(self.query, sort=sort or "createdAt")
        volumes = filter_volumes(self.environment.volumes.all(), self.query, many=page.limit + 1)
        self.query.check()
        found = page.read(volume_rows.load_rows(page.slice(volumes)))
        answer = responses.list_response(request, page, map(VolumeRow._make, found))
        if page.count:
            answer["X-Total-Count"] = str(volumes.count())
        return answer

    def retrieve(self, request: Request, **path: str) -> HttpResponse:
        return responses.volume_response(
            request, volume_rows.get_volume_row(self.environment.pk, self.volume_id)
        )

    def update(self, request: Request, **path: str) -> HttpResponse:
        volume = services.update_volume(
            environment=self.environment,
            volume_id=self.volume_id,
            spec=parse_volume(self.optional_body(), new=False),
            actor=self.caller.actor,
            precondition=if_match(request),
        )
        return self._show_written(volume)

    def destroy(self, request: Request, **path: str) -> HttpResponse:
        cascade = self.query.flag("cascade")
        self.query.check()
        volume = services.delete_volume(
            environment=self.environment,
            volume_id=self.volume_id,
            cascade=bool(cascade),
            actor=self.caller.actor,
            precondition=if_match(request),
        )
        return json_response({"message": "Volume deleted successfully", "id": volume.ref})

    def validate(self, request: Request, **path: str) -> HttpResponse:
        return json_response(representations.review(self._review(self.optional_body())))

    def restore(self, request: Request, **path: str) -> HttpResponse:
        if problems := Reader(self.optional_body(), known=()).problems:
            raise Refused(problems)
        volume = services.restore_volume(
            environment=self.environment, volume_id=self.volume_id, actor=self.caller.actor
        )
        return with_etag(request, responses.current_state(self.environment, volume))

    def history(self, request: Request, **path: str) -> HttpResponse:
        volume = self.get_volume_or_404(deleted_too=True)
        page = ListPage(self.query, sort="-version")
        self.query.check()
        revisions = Revision.objects.about(Subject.VOLUME, volume.pk)
        return page.answer(request, revisions.with_position(), representations.revision)

    def usage(self, request: Request, **path: str) -> HttpResponse:
        days = self.query.number("days", 30, most=365)
        self.query.check()
        volume = self.get_volume_or_404()
        since = timezone.now() - timedelta(days=days)
        samples = list(volume.samples.filter(at__gte=since).order_by("at"))
        full_at = forecast.projected_full_at(samples, volume.size)
        return json_response(
            representations.usage(volume, forecast.downsample(samples, 500), full_at)
        )

    def _show_written(self, written: Volume) -> HttpResponse:
        """Return what this call wrote and what its step has done since, without changes of others."""
        answer = responses.current_state(self.environment, written)
        if answer["version"] != written.version:
            company, mounting = self.environment.company_id, written.application_ids
            answer = representations.volume(
                representations.row_from_instance(written, company, mounting)
            )
        return with_etag(self.request, answer)

    def _review(self, body: Body) -> Review:
        """Return the review of a create, or of an update if the body has an `id`."""
        volume, problems = _volume_to_change(self.environment, body)
        spec = parse_volume(body, new=volume is None)
        if volume is not None:
            try:
                check_version(volume, spec.version)
            except Refused as refusal:
                problems += refusal.problems
        snapshots = responses.snapshots_for(spec, self.caller)
        found = review(self.environment, spec, volume=volume, snapshots=snapshots)
        if volume is None and "id" in body:
            # Without the volume, only problems of the values themselves are known.
            in_itself = CONFLICTS | {"required"}
            found.problems = [one for one in found.problems if one.code not in in_itself]
        found.problems += problems
        return found


def _volume_to_change(environment: Environment, body: Body) -> tuple[Volume | None, list[Problem]]:
    """Return the volume that the `id` of the body names, or why it names none."""
    if "id" not in body:
        return None, []
    try:
        volume_id = identifier(Volume.prefix)(body["id"])
    except InvalidValue as error:
        return None, [Problem("id", "invalid", str(error))]
    volume = environment.volumes.live().filter(pk=volume_id).first()
    if volume is None:
        return None, [Problem("id", "not_found", "names no volume of this environment")]
    return volume, []

"""The volume form: it shows the problems of `review()` at its inputs and has no rules itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q, Subquery
from django.utils.functional import cached_property

from config import limits
from config.errors import Problem, Refused
from volumes.console.access import EnvironmentContext
from volumes.console.forms import suggestions
from volumes.models import Application, Snapshot, Volume
from volumes.presentation import form_values, formatting
from volumes.queries.search import MaterializedIn
from volumes.rules.volumes import Review, review
from volumes.services.locking import check_version
from volumes.specs.parsers import InvalidValue, identifier
from volumes.specs.volume import VOLUME_FIELDS, VolumeSpec, fields_of, parse_volume
from volumes.specs.volume_field import Form

NEW = tuple(field.form_name for field in fields_of(Form.NEW))
EDIT = (*(field.form_name for field in fields_of(Form.EDIT)), "version")
GROW = tuple(field.form_name for field in fields_of(Form.GROW))
DETAILS = {field.form_name for field in VOLUME_FIELDS if field.is_detail}

INPUTS = {field.name: field.form_name for field in VOLUME_FIELDS} | {"resourceRequests": "size"}
"""The inputs of what is wrong, by the name on the wire."""


@dataclass
class Field:
    """One input: its value, its problems and warnings, and a suggestion."""

    name: str
    value: Any
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    suggestion: str = ""
    suggestion_label: str = ""
    has_focus: bool = False


class VolumeForm:
    """A form of `names` for a new volume, or for a change of one."""

    def __init__(
        self, visit: EnvironmentContext, names: tuple[str, ...], *, volume: Volume | None = None
    ) -> None:
        self.visit, self.volume = visit, volume
        self.problems: list[str] = []
        request = visit.request
        if request.method == "POST":
            values = form_values.from_query(request.POST, names)
        elif volume:
            values = form_values.from_volume(volume, names)
        else:
            values = form_values.from_query(request.GET, names)
        self.fields = {name: Field(name, value) for name, value in values.items()}
        self._apply_suggestion()

    @property
    def is_sent(self) -> bool:
        """Return whether the form was submitted, not only checked while the user types."""
        request = self.visit.request
        return request.method == "POST" and not {"check", "use"} & set(request.POST)

    @property
    def body(self) -> dict[str, Any]:
        return form_values.body_of(self._values, new=self.volume is None)

    @property
    def spec(self) -> VolumeSpec:
        return parse_volume(self.body, new=self.volume is None)

    @cached_property
    def found(self) -> Review:
        """Return the review of the present values."""
        snapshots = Snapshot.objects.visible_to(self.visit.caller)
        return review(self.visit.environment, self.spec, volume=self.volume, snapshots=snapshots)

    def look(self) -> None:
        """Show problems and warnings, except for required fields that are still empty."""
        problems = [one for one in self.found.problems if one.code != "required"]
        self._place([*self._staleness(), *problems])

    def refuse(self, refused: Refused) -> None:
        """Show the problems of a refusal, and focus the first field with one."""
        self._place(refused.problems)
        wrong = (one for one in self.fields.values() if one.problems)
        if first := next(wrong, None):
            first.has_focus = True

    @property
    def has_details(self) -> bool:
        """Return whether a collapsed field has a value or a problem."""
        return any(one.value or one.problems for one in self.fields.values() if one.name in DETAILS)

    @property
    def problem_count(self) -> int:
        inputs = [one for one in self.fields.values() if one.name != "version"]
        return len(self.problems) + sum(len(one.problems) for one in inputs)

    def applications(self) -> list[Application]:
        """Return the applications to choose from, selected ones first so that the limit keeps them."""
        ticked = set(self.fields["applications"].value)
        there = self.visit.environment.applications.live()
        first = Subquery(there.order_by("name").values("pk")[: limits.MAX_APPLICATION_CHOICES])
        found = there.filter(Q(MaterializedIn(F("pk"), first)) | Q(pk__in=_identifiers(ticked)))
        ordered = sorted(found, key=lambda one: (one.ref not in ticked, one.name))
        return ordered[: max(limits.MAX_APPLICATION_CHOICES, len(ticked))]

    @property
    def _values(self) -> form_values.Values:
        return {one.name: one.value for one in self.fields.values()}

    def _staleness(self) -> list[Problem]:
        try:
            if self.volume:
                check_version(self.volume, self.spec.version)
        except Refused as refused:
            return refused.problems
        return []

    def _place(self, problems: list[Problem]) -> None:
        self.problems = []
        for one in self.fields.values():
            one.problems, one.warnings, one.suggestion = [], [], ""
        for problem in problems:
            target = self._target(problem)
            (target.problems if target else self.problems).append(formatting.sentence(problem))
            self._suggest(problem, target)
        for warning in self.found.warnings:
            if target := self._target(warning):
                target.warnings.append(formatting.sentence(warning))
                self._suggest(warning, target)

    def _target(self, problem: Problem) -> Field | None:
        name = problem.field.partition(".")[0]
        return self.fields.get(INPUTS.get(name, name))

    def _suggest(self, problem: Problem, target: Field | None) -> None:
        if target and not target.suggestion:
            environment = self.visit.environment
            target.suggestion = suggestions.suggest(problem, self._values, environment, self.found)
            target.suggestion_label = suggestions.suggestion_label(problem)

    def _apply_suggestion(self) -> None:
        name, _, value = self.visit.request.POST.get("use", "").partition("=")
        if name in self.fields:
            self.fields[name].value = value
            self.fields[name].has_focus = True


def _identifiers(refs: Iterable[str]) -> list[uuid.UUID]:
    """Return the valid identifiers. The rules report the others."""
    found = []
    for ref in refs:
        with suppress(InvalidValue):
            found.append(identifier(Application.prefix)(ref))
    return found

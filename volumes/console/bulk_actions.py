"""Actions on several volumes: check each of them, then run the action."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from config.errors import NotFound, Problem, Refused
from volumes.console.access import EnvironmentContext
from volumes.models import Snapshot, Volume
from volumes.presentation import formatting
from volumes.rules.deletion import delete_blockers
from volumes.rules.snapshots import snapshot_blockers
from volumes.services.snapshots import take_snapshot
from volumes.services.volumes import delete_volume
from volumes.specs.parsers import InvalidValue, identifier
from volumes.specs.snapshot import SnapshotSpec


@dataclass(frozen=True)
class Candidate:
    """One volume, and why the action is blocked for it, if it is."""

    volume: Volume
    why: str = ""


@dataclass(frozen=True)
class BulkAction:
    """An action on several volumes: one check for all of them, one service call for each."""

    name: str
    heading: str
    refused: str
    """Text between a volume's name and the reason of a refusal."""
    precheck: Callable[[list[Volume]], list[Candidate]]
    execute: Callable[[EnvironmentContext, Volume], object]


def selected_volumes(visit: EnvironmentContext, ids: Iterable[str]) -> list[Volume]:
    """Return the live volumes of this environment with these ids. Malformed ids are ignored."""
    pks = []
    for one in ids:
        try:
            pks.append(identifier(Volume.prefix)(one))
        except InvalidValue:
            continue
    return list(visit.environment.volumes.live().filter(pk__in=pks).order_by("name"))


class BulkPlan:
    """The result of the check for each volume, and whether the user has confirmed the action."""

    def __init__(self, action: BulkAction, volumes: list[Volume], *, typed: str) -> None:
        self.action, self.typed = action, typed
        self.candidates = action.precheck(volumes)
        self.allowed = [candidate.volume for candidate in self.candidates if not candidate.why]
        self.refused = [candidate for candidate in self.candidates if candidate.why]

    @property
    def is_danger(self) -> bool:
        return self.action.name == "delete"

    @property
    def heading(self) -> str:
        """Return a heading such as "Delete 3 volumes", with the number that can be, or of all."""
        count = len(self.allowed or self.candidates)
        return f"{self.action.heading.format(count)}{'' if count == 1 else 's'}"

    @property
    def is_confirmed(self) -> bool:
        """Return whether the action is confirmed. A delete requires typing the number of volumes."""
        has_counted = not self.is_danger or self.typed == str(len(self.allowed))
        return has_counted and bool(self.allowed)


def execute(
    visit: EnvironmentContext, plan: BulkPlan
) -> tuple[list[tuple[Volume, Any]], list[Candidate]]:
    """Run the action for each volume in its own transaction.

    Returns the volumes that succeeded with the results of the service, and the refused ones.
    """
    done, refused = [], []
    for volume in plan.allowed:
        try:
            result = plan.action.execute(visit, volume)
        except Refused as refusal:
            refused.append(Candidate(volume, _why(refusal.problems)))
        except NotFound:
            refused.append(Candidate(volume, "Somebody else deleted it meanwhile."))
        else:
            done.append((volume, result))
    return done, refused


def _why(problems: Iterable[Problem]) -> str:
    return " ".join(formatting.sentence(problem) for problem in problems)


def _precheck_delete(volumes: list[Volume]) -> list[Candidate]:
    reasons = delete_blockers(volumes)
    return [Candidate(volume, _why(reasons[volume.pk])) for volume in volumes]


def _precheck_snapshot(volumes: list[Volume]) -> list[Candidate]:
    snapshots = Count("snapshots", filter=Q(snapshots__is_deleted=False))
    counted = Volume.objects.filter(pk__in=[one.pk for one in volumes]).annotate(present=snapshots)
    present = dict(counted.values_list("pk", "present"))
    return [
        Candidate(volume, _why(snapshot_blockers(volume, present=present[volume.pk])))
        for volume in volumes
    ]


def _delete(visit: EnvironmentContext, volume: Volume) -> object:
    return delete_volume(environment=visit.environment, volume_id=volume.pk, actor=visit.actor)


def _snapshot(visit: EnvironmentContext, volume: Volume) -> object:
    snapshot, _ = take_snapshot(
        environment=visit.environment, volume_id=volume.pk, spec=SnapshotSpec(), actor=visit.actor
    )
    missed = Snapshot.objects.missed().filter(pk=snapshot.pk).first()
    if missed:
        raise Refused.because("", "wrong_status", missed.status_message)
    return snapshot


ACTIONS = {
    "delete": BulkAction(
        "delete", "Delete {} volume", "is not deleted.", _precheck_delete, _delete
    ),
    "snapshot": BulkAction(
        "snapshot", "Take {} snapshot", "has no new snapshot.", _precheck_snapshot, _snapshot
    ),
}

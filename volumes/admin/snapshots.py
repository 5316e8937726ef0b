"""Snapshots, for operators. One is taken and deleted, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import is_valid_pk
from accounts.admin.changelists import admin_link, related_filter
from accounts.admin.site import site
from accounts.callers import Actor
from config.errors import Problem
from volumes.admin.actions import AdminAction
from volumes.admin.base import ServiceModelAdmin, SpecForm
from volumes.admin.columns import Failing, environment_link, failing, user_link, volumes_of_a_page
from volumes.admin.filters import DeletedFilter, Status
from volumes.models import Snapshot, Volume
from volumes.presentation import formatting, markup, results
from volumes.presentation.results import Result
from volumes.rules.deletion import snapshot_delete_blockers
from volumes.services import snapshots as services
from volumes.services.snapshots import expected_consistency
from volumes.specs.snapshot import SnapshotSpec, parse_snapshot


class SnapshotForm(SpecForm):
    """The form of a new snapshot."""

    name = forms.CharField(required=False, help_text="Empty for the date and time")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if volume := self.fields.get("volume"):  # shown, it is no field
            volume.help_text = formatting.CONSISTENCY[expected_consistency()]

    def spec(self) -> SnapshotSpec:
        """Return what the form requests."""
        name = self.cleaned_data["name"]
        return parse_snapshot({"name": name} if name else {})


def _delete(snapshot: Snapshot, actor: Actor) -> None:
    services.delete_snapshot(
        environment=snapshot.volume.environment,
        volume_id=snapshot.volume_id,
        snapshot_id=snapshot.pk,
        actor=actor,
    )


def _blockers(rows: Sequence[Snapshot]) -> dict[Any, list[Problem]]:
    return {row.pk: list(snapshot_delete_blockers(row)) for row in rows}


DELETE = AdminAction(
    name="delete",
    link_label="Delete",
    button_label="Delete {}",
    done="Deleted",
    permission="delete",
    do=_delete,
    describe=lambda row: (
        f"This copy of {row.volume} of {row.taken_at or row.created_at:%-d %B %Y} is removed for good."
    ),
    blockers=_blockers,
    is_danger=True,
    settles=True,
)


@admin.register(Snapshot, site=site)
class SnapshotAdmin(Failing, ServiceModelAdmin):
    """Snapshots: operators take and delete them; nothing else of them changes."""

    form = SnapshotForm
    row_actions = [DELETE]
    list_display = ["name", "volume_link", "where", "state", "size_in_words", "taken"]
    list_filter = [DeletedFilter, ("status", Status), related_filter("volume", Volume, "volume")]
    search_fields = ["name", "volume__name"]
    autocomplete_fields = ["volume"]
    sortable_by = ["name"]
    sortable_when_filtered = ["volume"]
    readonly_fields = [
        "volume_link",
        "where",
        "state",
        "reason",
        "size_in_words",
        "taken",
        "requested",
        "consistency",
        "made_by",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows with everything that the page shows of them."""
        return super().get_queryset(request).prefetch_related(volumes_of_a_page())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the inputs of a new snapshot, or the facts of an existing one."""
        if obj is None:
            return ["volume", "name"]
        facts = ["volume_link", "where", "name", "size_in_words", "state", "reason"]
        return [*facts, "taken", "consistency", "requested", "made_by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a snapshot never changes."""
        return False

    def create(self, form: Any, actor: Actor) -> Snapshot:
        """Take the snapshot by the service. Raises Refused."""
        volume = form.cleaned_data["volume"]
        snapshot, _ = services.take_snapshot(
            environment=volume.environment, volume_id=volume.pk, spec=form.spec(), actor=actor
        )
        return snapshot

    def result(self, saved: Snapshot, before: Snapshot | None) -> Result:
        """Return the message after a save."""
        return results.snapshot_taken(saved)

    def action_rows(self, rows: QuerySet[Any]) -> Any:
        """Return the snapshots that are not deleted."""
        return rows.filter(is_deleted=False)

    def subject_id(self, object_id: str) -> str:
        """The history of its volume tells of it."""
        if not is_valid_pk(Snapshot, object_id):
            return object_id
        found = Snapshot.objects.filter(pk=object_id).values_list("volume", flat=True).first()
        return str(found or object_id)

    def full_name(self, row: Snapshot) -> str:
        """Return the name with the names of everything that it belongs to."""
        return f"{row.volume.environment.company} / {row.volume} / {row}"

    @admin.display(description="Volume")
    def volume_link(self, row: Snapshot) -> str:
        """Link to the volume."""
        return admin_link(row.volume)

    @admin.display(description="Environment")
    def where(self, row: Snapshot) -> str:
        """Link to the environment."""
        return environment_link(row.volume.environment)

    @admin.display(description="Status")
    def state(self, row: Snapshot) -> str:
        """Show the status, and the reason of an error."""
        return failing(formatting.snapshot_state(row), row)

    @admin.display(description="Size")
    def size_in_words(self, row: Snapshot) -> str:
        """Show the size with its unit."""
        return markup.mb(row.size)

    @admin.display(description="Taken")
    def taken(self, row: Snapshot) -> str:
        """Show when the copy was made."""
        return markup.ago(row.taken_at) if row.taken_at else "–"

    @admin.display(description="Requested")
    def requested(self, row: Snapshot) -> str:
        """Show when it was requested."""
        return markup.ago(row.created_at)

    @admin.display(description="By")
    def made_by(self, row: Snapshot) -> str:
        """Link to who requested it."""
        return user_link(row.created_by)

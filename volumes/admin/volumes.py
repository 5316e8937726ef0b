"""Volumes, for operators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from accounts.admin.changelists import admin_link, changelist_link, newest, related_filter
from accounts.admin.site import site
from accounts.callers import Actor
from config import limits
from config.errors import Problem
from volumes.admin.base import ServiceModelAdmin
from volumes.admin.columns import AuditColumns, Failing, environment_link, failing
from volumes.admin.data_actions import ACCEPT, DELETE, DELETE_ALL, RESTORE, SNAPSHOT
from volumes.admin.filters import DeletedFilter, Status, Trouble, Use
from volumes.admin.maintenance_actions import PROTECT, RECONCILE, RETRY, UNPROTECT
from volumes.admin.volume_form import EDITABLE, VolumeForm
from volumes.models import Attachment, Environment, Snapshot, Volume
from volumes.presentation import formatting, markup, results
from volumes.presentation.results import Result
from volumes.queries.search import is_indexed, name_contains
from volumes.rules.volumes import review
from volumes.services import volumes as services
from volumes.services.creation import create_volume
from volumes.specs.volume import VolumeSpec

FACTS = ["state", "reason", "used", "held", "mounted_by", "snapshots", "filled_from"]
FREQUENT_MATCHES = 51
"""More than a page shows: where so many are among the first ones, others are near."""
METADATA = ["ident", "made", "last_change", "next_look"]


@admin.register(Volume, site=site)
class VolumeAdmin(AuditColumns, Failing, ServiceModelAdmin):
    """Volumes: what the console offers, and the actions of operators."""

    form = VolumeForm
    row_actions = [
        RETRY,
        RECONCILE,
        PROTECT,
        UNPROTECT,
        SNAPSHOT,
        ACCEPT,
        DELETE,
        DELETE_ALL,
        RESTORE,
    ]
    list_display = ["name", "where", "state", "used", "mounted_by", "safe", "changed"]
    list_filter = [
        DeletedFilter,
        ("status", Status),
        Trouble,
        Use,
        "protected",
        related_filter("environment", Environment, "environment"),
    ]
    sortable_by = ["name", "used"]
    sortable_when_filtered = ["environment"]
    indexed_order = sortable_by
    search_fields = ["name"]
    search_help_text = (
        "A part of the name, or the identifier; a part without three letters or digits in a row,"
        f" and on SQLite any, among the newest {limits.MAX_SEARCHED_VOLUMES:,}"
    )
    autocomplete_fields = ["environment", "restore_from"]
    readonly_fields = ["where", *FACTS, *METADATA]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows with everything that the page shows of them."""
        rows: Any = super().get_queryset(request)
        return rows.select_related("environment__company").prefetch_related(
            "attachments__application"
        )

    def get_fieldsets(self, request: HttpRequest, obj: Volume | None = None) -> Any:
        """Return the inputs, and below them the facts of an existing volume."""
        if obj is None:
            return [(None, {"fields": ["environment", *EDITABLE, "restore_from"]})]
        return [
            (None, {"fields": ["where", *EDITABLE, "version"]}),
            ("As it is", {"fields": FACTS}),
            ("In the records", {"fields": METADATA}),
        ]

    def search(self, request: HttpRequest, rows: Any, term: str) -> tuple[Any, bool]:
        """Return the rows whose name contains every word of `term`."""
        for word in term.split():
            rows = name_contains(
                rows if is_indexed(word) else newest(rows, limits.MAX_SEARCHED_VOLUMES),
                word,
                many=FREQUENT_MATCHES,
                order="-pk",
            )
        return rows, False

    def action_rows(self, rows: QuerySet[Any]) -> Any:
        """Return the rows with the number of their live snapshots."""
        live = Count("snapshots", filter=Q(snapshots__is_deleted=False))
        return rows.annotate(snapshot_count=live)

    def create(self, form: Any, actor: Actor) -> Volume:
        """Create the volume by the service. Raises Refused."""
        volume, _ = create_volume(
            environment=form.cleaned_data["environment"],
            spec=form.spec(),
            snapshots=Snapshot.objects.filter(volume__environment__is_deleted=False),
            actor=actor,
        )
        return volume

    def update(self, row: Volume, spec: VolumeSpec, actor: Actor) -> Volume:
        """Change the volume by the service. Raises Refused."""
        return services.update_volume(
            environment=row.environment, volume_id=row.pk, spec=spec, actor=actor
        )

    def result(self, saved: Volume, before: Volume | None) -> Result:
        """Return the message after a save: created, grown or changed."""
        if before is None:
            return results.created(saved)
        return results.grown(saved) if saved.size > before.size else results.updated(saved)

    def warnings(self, form: Any, row: Volume | None) -> Iterable[Problem]:
        """About what was typed: the form sends all the rest of the volume as well."""
        environment = row.environment if row else form.cleaned_data["environment"]
        nobodys = Snapshot.objects.none()
        found = review(environment, form.spec(), volume=row, snapshots=nobodys).warnings
        return [
            one for one in found if form.field_of.get(one.field, one.field) in form.changed_data
        ]

    def full_name(self, row: Volume) -> str:
        """Return the name with the names of everything that it belongs to."""
        return f"{row.environment.company} / {row.environment} / {row}"

    @admin.display(description="Environment")
    def where(self, row: Volume) -> str:
        """Link to the environment."""
        return environment_link(row.environment)

    @admin.display(description="Status")
    def state(self, row: Volume) -> str:
        """Show the status, and the reason of an error."""
        return failing(formatting.state(row), row)

    @admin.display(description="Used", ordering="size")
    def used(self, row: Volume) -> str:
        """Show used space and size; if the last measurement failed, show why."""
        exact = f"{row.used_size if row.used_size is not None else '–'} of {row.size} MB"
        shown = formatting.share(row.used_size, row.size)
        figures = format_html('<span class="figures" title="{}">{}</span>', exact, shown)
        if row.unmeasured_since is None:
            return figures
        return format_html('{}<br><span class="quiet">{}</span>', figures, _unmeasured(row))

    @admin.display(description="Protected")
    def safe(self, row: Volume) -> str:
        """Show whether it is protected."""
        return "protected" if row.protected else ""

    @admin.display(description="In the storage")
    def held(self, row: Volume) -> str:
        """Show the size that the storage holds."""
        return markup.mb(row.provisioned_size)

    @admin.display(description="Mounted by")
    def mounted_by(self, row: Volume) -> str:
        """Link to the applications that mount it."""
        mounts = [(admin_link(mount.application),) for mount in row.attachments.all()]
        return format_html_join(", ", "{}", mounts) or "nobody"

    def snapshots(self, row: Volume) -> str:
        """Link to its snapshots and attachments."""
        snapshots = changelist_link(Snapshot, "Snapshots", volume=row.pk)
        return format_html(
            "{}, {}", snapshots, changelist_link(Attachment, "attachments", volume=row.pk)
        )

    def filled_from(self, row: Volume) -> str:
        """Show the directory or the snapshot that it was filled from."""
        return row.adopt_from or admin_link(row.restore_from)

    @admin.display(description="Next look")
    def next_look(self, row: Volume) -> str:
        """Show when the reconciler looks at it next."""
        if row.due_at is None:
            return "It is settled."
        return format_html("{}, after {} failed steps", markup.ago(row.due_at), row.attempts)


def _unmeasured(row: Volume) -> str:
    since = f"{row.unmeasured_since:%Y-%m-%d %H:%M} UTC"
    return f"It could not be measured since {since}: {row.unmeasured_detail}"

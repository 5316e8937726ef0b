"""Attachments, for operators: created and ended, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.changelists import admin_link, related_filter
from accounts.admin.site import site
from accounts.callers import Actor
from config.errors import Problem
from volumes.admin.actions import AdminAction
from volumes.admin.base import ServiceModelAdmin, SpecForm
from volumes.admin.columns import environment_link, volumes_of_a_page
from volumes.models import Application, Attachment, Volume
from volumes.rules.attachments import attachment_warnings
from volumes.services import attachments as services
from volumes.specs.attachment import AttachmentSpec, parse_attachment


class AttachmentForm(SpecForm):
    """The form that attaches a volume to an application."""

    mount_path = forms.CharField(required=False, help_text="Empty for the volume's own")

    field_of = {"appIdRef": "application", "mountPath": "mount_path"}

    def spec(self) -> AttachmentSpec:
        """Return what the form requests."""
        given = self.cleaned_data
        path = {"mountPath": given["mount_path"]} if given["mount_path"] else {}
        body = {"appIdRef": given["application"].ref, "readOnly": given["read_only"], **path}
        return parse_attachment(body)


def _detach(attachment: Attachment, actor: Actor) -> None:
    services.detach(
        environment=attachment.volume.environment,
        volume_id=attachment.volume_id,
        application_id=attachment.application_id,
        actor=actor,
    )


DETACH = AdminAction(
    name="delete",
    link_label="Detach",
    button_label="Detach {}",
    done="Detached",
    permission="delete",
    do=_detach,
    describe=lambda row: f"{row.application} lets go of {row.volume}, whose data stays.",
)


@admin.register(Attachment, site=site)
class AttachmentAdmin(ServiceModelAdmin):
    """Attachments: operators attach and detach; nothing else of them changes."""

    form = AttachmentForm
    row_actions = [DETACH]
    fields = ["volume", "application", "mount_path", "read_only"]
    list_display = ["mount_path", "volume_link", "application_link", "where", "read_only"]
    list_filter = [
        "read_only",
        related_filter("volume", Volume, "volume"),
        related_filter("application", Application, "application"),
    ]
    search_fields = ["mount_path", "volume__name", "application__name"]
    autocomplete_fields = ["volume", "application"]
    sortable_by = ["mount_path"]
    sortable_when_filtered = ["volume", "application"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows with everything that the page shows of them."""
        rows = super().get_queryset(request)
        return rows.prefetch_related(volumes_of_a_page(), "application")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: an attachment never changes."""
        return False

    def create(self, form: Any, actor: Actor) -> Attachment:
        """Create the row by the service."""
        volume = form.cleaned_data["volume"]
        return services.attach(
            environment=volume.environment, volume_id=volume.pk, spec=form.spec(), actor=actor
        )

    def warnings(self, form: Any, row: Attachment | None) -> Iterable[Problem]:
        """Return warnings about what was typed."""
        given = form.cleaned_data
        path = given["mount_path"] or given["volume"].mount_path
        return attachment_warnings(given["volume"], given["application"], path)

    @admin.display(description="Volume")
    def volume_link(self, row: Attachment) -> str:
        """Link to the volume."""
        return admin_link(row.volume)

    @admin.display(description="Application")
    def application_link(self, row: Attachment) -> str:
        """Link to the application."""
        return admin_link(row.application)

    @admin.display(description="Environment")
    def where(self, row: Attachment) -> str:
        """Link to the environment."""
        return environment_link(row.volume.environment)

"""Columns of several lists."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.utils.html import format_html

from accounts.admin.changelists import admin_link
from accounts.models import User
from volumes.models import Environment, Volume
from volumes.models.base import Reconciled
from volumes.presentation import formatting, markup


def volumes_of_a_page() -> Prefetch[Any]:
    """Prefetch the volumes of the rows of a page, with environments and companies.

    With a join, some filters would make PostgreSQL read all volumes first.
    """
    return Prefetch("volume", Volume.objects.select_related("environment__company"))


def environment_link(environment: Environment) -> str:
    """Return links to company and environment: "Acme / production"."""
    return format_html("{} / {}", admin_link(environment.company), admin_link(environment))


def status_badge(state: formatting.State) -> str:
    """Return the status, coloured only if it needs attention."""
    return format_html('<span class="state {}">{}</span>', state.kind, state.label)


def failing(state: formatting.State, row: Reconciled) -> str:
    """Return the status with the operator's message below it."""
    if not row.operator_message or row.waits_for_storage:  # the banner shows the outage
        return status_badge(state)
    return format_html(
        '{}<br><span class="quiet">{}</span>', status_badge(state), row.operator_message
    )


def user_link(ref: str) -> str:
    """Return a link to the user of a reference such as `user-5`."""
    key = ref.removeprefix("user-")
    found = User.objects.filter(pk=key).first() if key.isdigit() else None
    return admin_link(found) if found else ref


class Failing:
    """The reason of a row in error."""

    @admin.display(description="Reason")
    def reason(self, row: Reconciled) -> str:
        """Return the operator's message, and below it the tenants' if it differs."""
        if not row.status_detail or row.status_detail == row.status_message:
            return row.status_message
        return format_html(
            '{}<br><span class="quiet">Tenants read: {}</span>',
            row.status_detail,
            row.status_message,
        )


class AuditColumns:
    """When a row was created and changed, and by which user."""

    @admin.display(description="Changed", ordering="modified_at")
    def changed(self, row: Any) -> str:
        """Show when it was changed last."""
        return markup.ago(row.modified_at)

    @admin.display(description="Last change")
    def last_change(self, row: Any) -> str:
        """Show when and by whom it was changed last."""
        return format_html(
            "version {}, {} by {}",
            row.version,
            markup.ago(row.modified_at),
            user_link(row.modified_by),
        )

    @admin.display(description="Made")
    def made(self, row: Any) -> str:
        """Show when and by whom it was created."""
        return format_html("{} by {}", markup.ago(row.created_at), user_link(row.created_by))

    @admin.display(description="Id")
    def ident(self, row: Any) -> str:
        """Show the identifier with its prefix."""
        return format_html("<code>{}</code>", row.ref)

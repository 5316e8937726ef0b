"""Columns and facts that several lists show."""

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
    """The volumes of the rows that a page shows, with their places.

    Were they joined, some filters would make PostgreSQL read all volumes first.
    """
    return Prefetch("volume", Volume.objects.select_related("environment__company"))


def environment_link(environment: Environment) -> str:
    """Acme / production, both linked."""
    return format_html("{} / {}", admin_link(environment.company), admin_link(environment))


def status_badge(state: formatting.State) -> str:
    """In a colour only where it is not well."""
    return format_html('<span class="state {}">{}</span>', state.kind, state.label)


def failing(state: formatting.State, row: Reconciled) -> str:
    """The status, with the operator's text of what went wrong beneath it."""
    if not row.operator_message or row.waits_for_storage:  # the banner says it
        return status_badge(state)
    return format_html(
        '{}<br><span class="quiet">{}</span>', status_badge(state), row.operator_message
    )


def user_link(ref: str) -> str:
    """Who is behind `user-5`, linked."""
    key = ref.removeprefix("user-")
    found = User.objects.filter(pk=key).first() if key.isdigit() else None
    return admin_link(found) if found else ref


class Failing:
    """Why a row is in error."""

    @admin.display(description="Reason")
    def reason(self, row: Reconciled) -> str:
        """What operators are told; below it what tenants are, where that differs."""
        if not row.status_detail or row.status_detail == row.status_message:
            return row.status_message
        return format_html(
            '{}<br><span class="quiet">Tenants read: {}</span>',
            row.status_detail,
            row.status_message,
        )


class AuditColumns:
    """When a row was made and changed, and by whom."""

    @admin.display(description="Changed", ordering="modified_at")
    def changed(self, row: Any) -> str:
        return markup.ago(row.modified_at)

    @admin.display(description="Last change")
    def last_change(self, row: Any) -> str:
        return format_html(
            "version {}, {} by {}",
            row.version,
            markup.ago(row.modified_at),
            user_link(row.modified_by),
        )

    @admin.display(description="Made")
    def made(self, row: Any) -> str:
        return format_html("{} by {}", markup.ago(row.created_at), user_link(row.created_by))

    @admin.display(description="Id")
    def ident(self, row: Any) -> str:
        return format_html("<code>{}</code>", row.ref)

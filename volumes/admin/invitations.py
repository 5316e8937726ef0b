"""Pending invitations: operators see and withdraw them, company admins invite."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.admin.base import ReadOnly
from accounts.admin.changelists import admin_link, related_filter
from accounts.admin.site import site
from accounts.callers import Actor
from accounts.models import Company, Invitation
from config import limits
from volumes.admin.actions import AdminAction
from volumes.admin.confirmation import ConfirmedActionsMixin
from volumes.presentation import markup


def _withdraw(invitation: Invitation, actor: Actor) -> None:
    services.withdraw_invitation(invitation=invitation, actor=actor)


WITHDRAW = AdminAction(
    name="withdraw",
    link_label="Withdraw",
    button_label="Withdraw {}",
    done="Withdrew",
    permission="withdraw",
    do=_withdraw,
    describe=lambda row: "It can no longer be accepted. The company can invite again.",
    is_danger=True,
)


@admin.register(Invitation, site=site)
class InvitationAdmin(ReadOnly, ConfirmedActionsMixin):
    """Shows the name as the company's admin typed it, and never the user that it refers to."""

    row_actions = [WITHDRAW]
    list_display = ["name", "company_link", "role", "inviter_link", "created", "expires"]
    list_filter = ["role", related_filter("company", Company, "company")]
    list_select_related = ["company", "invited_by"]
    search_fields = ["name", "company__name"]
    search_help_text = (
        f"A part of a name or of a company's, among the newest {limits.MAX_SEARCHED_ROWS:,}"
    )
    ordering = ["-pk"]
    fields = ["name", "company_link", "role", "inviter_link", "created", "expires"]

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Return whether the operator may withdraw: that takes the right to delete invitations."""
        return bool(request.user.has_perm("accounts.delete_invitation"))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Forbid lookups that would reveal the user of a name."""
        return not lookup.startswith("user") and super().lookup_allowed(lookup, value, request)

    def action_rows(self, rows: QuerySet[Any]) -> Any:
        """Return the rows with the companies that the confirmation names."""
        return rows.select_related("company")

    def full_name(self, row: Invitation) -> str:
        """Return the name with the names of everything that it belongs to."""
        return f"{row.name} to {row.company}"

    @admin.display(description="Company")
    def company_link(self, row: Invitation) -> str:
        """Link to the company."""
        return admin_link(row.company)

    @admin.display(description="Invited by")
    def inviter_link(self, row: Invitation) -> str:
        """Link to who invited."""
        return admin_link(row.invited_by)

    @admin.display(description="Invited")
    def created(self, row: Invitation) -> str:
        """Show when it was created."""
        return markup.ago(row.created_at)

    @admin.display(description="Expires")
    def expires(self, row: Invitation) -> str:
        """Show when it expires."""
        return markup.ago(row.expires_at)

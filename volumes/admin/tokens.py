"""Tokens, for operators: they see and revoke them. Making one needs its owner's own code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from accounts import operators, services
from accounts.admin.base import ReadOnly, is_valid_pk, operator_of
from accounts.admin.changelists import admin_link, related_filter
from accounts.admin.site import site
from accounts.callers import Actor
from accounts.models import Token, User
from config import limits
from config.errors import Problem
from volumes.admin.actions import AdminAction
from volumes.admin.columns import status_badge
from volumes.admin.confirmation import ConfirmedActionsMixin
from volumes.models import Environment
from volumes.presentation import markup
from volumes.presentation.formatting import State

SOON = timedelta(days=14)


class TokenStateFilter(admin.SimpleListFilter):
    """Filter tokens by whether they can be used."""

    title = "life"
    parameter_name = "life"

    @property
    def is_indexed(self) -> bool:
        """Return whether an index serves this choice, so that the list need not be cut."""
        return self.value() == "soon"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("usable", "Usable"), ("soon", "Expires within two weeks"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list to the choice."""
        match self.value():
            case "usable":
                return queryset.usable()
            case "soon":
                now = timezone.now()  # as bounds of the index: what expired long ago stays out
                return queryset.usable().filter(expires_at__range=(now, now + SOON))
            case "over":
                return queryset.filter(Q(revoked_at__isnull=False) | Q(expires_at__lte=Now()))
        return None


def life(token: Token) -> State:
    """Return the state of a token as a badge shows it."""
    if token.revoked_at:
        return State("muted", "Revoked")
    if token.expires_at is None:
        return State("good", "Without expiry")
    left = token.expires_at - timezone.now()
    if left <= timedelta(0):
        return State("muted", "Expired")
    return State("warning" if left <= SOON else "good", "Usable")


def _revoke(token: Token, actor: Actor) -> None:
    services.revoke_token(token=token, actor=actor)


def _blockers(rows: Sequence[Token]) -> dict[Any, list[Problem]]:
    over = [row for row in rows if row.revoked_at]
    return {row.pk: [Problem("", "wrong_status", "It is revoked already.")] for row in over}


REVOKE = AdminAction(
    name="revoke",
    link_label="Revoke",
    button_label="Revoke {}",
    done="Revoked",
    permission="revoke",
    do=_revoke,
    describe=lambda row: "Its next request is refused, and it cannot be brought back.",
    blockers=_blockers,
    is_available=lambda row: not row.revoked_at,
    is_danger=True,
)


@admin.register(Token, site=site)
class TokenAdmin(ReadOnly, ConfirmedActionsMixin):
    """Tokens, read-only; the only action revokes them."""

    row_actions = [REVOKE]
    list_display = ["name", "owner_link", "scope", "life", "expires", "last_used"]
    list_filter = [
        TokenStateFilter,
        "scope",
        related_filter("owner", User, "owner"),
        related_filter("environment", Environment, "environment_id"),
    ]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    search_help_text = (
        f"The whole user name, or a part of names among the newest {limits.MAX_SEARCHED_ROWS:,}"
    )
    sortable_when_filtered = ["owner"]
    ordering = ["-pk"]
    sortable_by = ["name", "expires", "last_used"]
    fields = ["name", "owner_link", "scope", "where", "life", "expires", "last_used", "made"]

    def exact_name(self, name: str) -> Q:
        """Return the condition for a search by the owner's whole name."""
        return Q(owner__in=list(User.objects.filter(username=name)))

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether the operator may revoke: that takes the right to change tokens."""
        return bool(request.user.has_perm("accounts.change_token"))

    def check_reach(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Raise PermissionDenied if the owner of a token is another privileged user."""
        if rows.filter(operators.owned_beyond_reach(operator_of(request))).exists():
            raise PermissionDenied

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Nobody finds out a digest by narrowing the list."""
        return not lookup.startswith("digest") and super().lookup_allowed(lookup, value, request)

    def action_rows(self, rows: QuerySet[Any]) -> Any:
        """Return the tokens with their owners, whom the confirmation names."""
        return rows.select_related("owner")

    def subject_id(self, object_id: str) -> str:
        """The history of its owner tells of it."""
        if not is_valid_pk(Token, object_id):
            return object_id
        owner = Token.objects.filter(pk=object_id).values_list("owner", flat=True).first()
        return f"user-{owner}" if owner else object_id

    @admin.display(description="Owner", ordering="owner__username")
    def owner_link(self, row: Token) -> str:
        """Link to the owner."""
        return admin_link(row.owner)

    @admin.display(description="Environment")
    def where(self, row: Token) -> str:
        """Link to the environment that the token is bound to."""
        if row.environment_id is None:
            return "every one of its owner"
        return admin_link(Environment.objects.filter(pk=row.environment_id).first())

    def life(self, row: Token) -> str:
        """Show the state as a badge."""
        return status_badge(life(row))

    def made(self, row: Token) -> str:
        """Show when it was created."""
        return markup.ago(row.created_at)

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, row: Token) -> str:
        """Show when it expires."""
        return markup.ago(row.expires_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def last_used(self, row: Token) -> str:
        """Show when it was last used."""
        return markup.ago(row.last_used_at)

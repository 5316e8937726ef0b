"""A person's own invitations, and how admins withdraw theirs."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.auth.decorators import AuthenticatedHttpRequest, full_login_required, session_actor
from accounts.models import Invitation, Role, Token
from accounts.views.members import WITH_ARTICLE, administered_by, company_address, shown_refusal
from config import limits
from config.pagination import CappedPaginator


@require_safe
@full_login_required
def invitations(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show this person's invitations, and what accepting one means for their tokens."""
    rows = Invitation.objects.to(request.user).select_related("company", "invited_by")
    page = CappedPaginator(rows.order_by("-created_at"), limits.PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    unbound = Token.objects.usable().filter(owner=request.user, environment_id=None)
    context = {"page": page, "unbound_tokens": unbound.count() if page.object_list else 0}
    return render(request, "accounts/invitations.html", context)


@require_POST
@full_login_required
def accept(request: AuthenticatedHttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Join the company."""
    get_object_or_404(Invitation.objects.to(request.user), pk=invitation_id)
    actor = session_actor(request, request.user)
    destination = "invitations"
    with shown_refusal(request):
        membership = services.accept_invitation(
            invitation_id=invitation_id, person=request.user, actor=actor
        )
        role = WITH_ARTICLE[Role(membership.role)]
        messages.success(request, f"You are now {role} of {membership.company}.")
        destination = company_address(membership.company)
    return redirect(destination)


@require_POST
@full_login_required
def decline(request: AuthenticatedHttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Decline the invitation."""
    get_object_or_404(Invitation.objects.to(request.user), pk=invitation_id)
    actor = session_actor(request, request.user)
    with shown_refusal(request):
        company = services.decline_invitation(
            invitation_id=invitation_id, person=request.user, actor=actor
        )
        messages.success(request, f"Declined the invitation to {company}.")
    return redirect("invitations")


@require_POST
@full_login_required
def withdraw(request: AuthenticatedHttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Withdraw an invitation of a company that this person administers."""
    managed = Invitation.objects.filter(company__in=administered_by(request.user))
    invitation = get_object_or_404(managed.select_related("company"), pk=invitation_id)
    actor = session_actor(request, request.user)
    with shown_refusal(request):
        services.withdraw_invitation(invitation=invitation, actor=actor)
        messages.success(request, f"Withdrew the invitation for {invitation.name}.")
    return redirect(company_address(invitation.company))

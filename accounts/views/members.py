"""The members of a company: all of them see each other, admins manage them, and everyone can leave."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import services
from accounts.auth.decorators import (
    AuthenticatedHttpRequest,
    full_login_required,
    session_actor,
)
from accounts.forms.members import InvitationForm, OwnRoleForm
from accounts.invitation_mail import needs_mail, send_invitation
from accounts.models import Company, Membership, Role, User
from config.errors import Refused
from config.pagination import KeysetPage

WITH_ARTICLE = {Role.VIEWER: "a viewer", Role.EDITOR: "an editor", Role.ADMIN: "an admin"}


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@full_login_required
def members(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the members of the company in the query string; on POST, invite somebody to it."""
    own = _chosen_membership(request)
    if request.method != "POST":
        return _page(request, own, InvitationForm())
    if own is None:
        raise Http404
    if own.role != Role.ADMIN:
        raise PermissionDenied
    form = InvitationForm(request.POST)
    if form.is_valid() and _invite(request, own.company, form):
        return redirect(company_address(own.company))
    return _page(request, own, form)


@require_POST
@full_login_required
def change_role(request: AuthenticatedHttpRequest, member_id: int) -> HttpResponse:
    """Change a member's role. Changing one's own needs a confirmation."""
    membership = _managed_membership(request.user, member_id)
    form = OwnRoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    role = Role(form.cleaned_data["role"])
    is_own = membership.user == request.user
    if is_own and role != membership.role and not form.cleaned_data["confirmed"]:
        return _ask_to_confirm(request, membership, role)
    actor = session_actor(request, request.user)
    with shown_refusal(request):
        services.change_role(membership=membership, role=role, actor=actor)
        who = "You are" if is_own else f"{membership.user} is"
        messages.success(request, f"{who} now {WITH_ARTICLE[role]} of {membership.company}.")
    return redirect(company_address(membership.company))


@require_POST
@full_login_required
def remove(request: AuthenticatedHttpRequest, member_id: int) -> HttpResponse:
    """Remove a member of a company that this person administers, or leave a company."""
    own = request.user.memberships.select_related("user", "company").filter(pk=member_id).first()
    membership = own or _managed_membership(request.user, member_id)
    with shown_refusal(request):
        services.remove_member(membership=membership, actor=session_actor(request, request.user))
        left, removed = f"You left {membership.company}.", f"Removed {membership.user} from"
        messages.success(request, left if own else f"{removed} {membership.company}.")
    return redirect("members" if own else company_address(membership.company))


@contextmanager
def shown_refusal(request: AuthenticatedHttpRequest) -> Iterator[None]:
    """Show a Refused error as a message on the next page."""
    try:
        yield
    except Refused as refused:
        messages.error(request, str(refused))


def company_address(company: Company) -> str:
    """Return the URL of a company's members."""
    return f"{reverse('members')}?company={company.pk}"


def administered_by(admin: User) -> QuerySet[Company]:
    """Return the companies that a person administers."""
    memberships = Membership.objects.admins().filter(user=admin)
    return Company.objects.filter(pk__in=memberships.values("company"))


def _invite(request: AuthenticatedHttpRequest, company: Company, form: InvitationForm) -> bool:
    """Invite, with the same message for every name. Return False with the error in the form."""
    actor = session_actor(request, request.user)
    name, role = form.cleaned_data["username"], Role(form.cleaned_data["role"])
    try:
        invitation = services.invite(
            company=company, name=name, role=role, inviter=request.user, actor=actor
        )
    except Refused as refused:
        form.refuse(refused)
        return False
    messages.success(request, f"Invited {name} to {company}.")
    if needs_mail(invitation) and not send_invitation(invitation):
        messages.warning(request, f"The mail to {name} could not be sent. Tell them yourself.")
    return True


def _managed_membership(admin: User, member_id: int) -> Membership:
    """Return a member of a company that `admin` administers.

    Raises PermissionDenied for members of their other companies, and Http404 for everyone else.
    """
    companies = admin.memberships.values("company")
    rows = Membership.objects.filter(company__in=companies).select_related("user", "company")
    membership = get_object_or_404(rows, pk=member_id)
    if not administered_by(admin).filter(pk=membership.company_id).exists():
        raise PermissionDenied
    return membership


def _chosen_membership(request: AuthenticatedHttpRequest) -> Membership | None:
    """Return the person's membership in the company of the query string. Raises Http404 for others.

    The default is the oldest membership as an admin, else the oldest of all. Being promoted or invited
    elsewhere does not change it.
    """
    memberships = request.user.memberships.select_related("company")
    company_id = request.GET.get("company")
    if company_id is not None:
        try:
            return get_object_or_404(memberships, company=uuid.UUID(company_id))
        except ValueError:
            raise Http404 from None
    preference = Case(
        When(role=Role.ADMIN, is_promoted=False, then=Value(0)),
        When(role=Role.ADMIN, then=Value(1)),
        default=Value(2),
    )
    return memberships.order_by(preference, "pk").first()


def _ask_to_confirm(
    request: AuthenticatedHttpRequest, membership: Membership, role: Role
) -> HttpResponse:
    if problem := services.last_admin_problem(membership):
        messages.error(request, problem)
        return redirect(company_address(membership.company))
    context = {
        "membership": membership,
        "role": role,
        "role_with_article": WITH_ARTICLE[role],
        "back": company_address(membership.company),
    }
    return render(request, "accounts/confirm_own_role.html", context)


def _page(
    request: AuthenticatedHttpRequest, own: Membership | None, form: InvitationForm
) -> HttpResponse:
    memberships = request.user.memberships.select_related("company")
    context: dict[str, Any] = {
        "company": own and own.company,
        "is_admin": own is not None and own.role == Role.ADMIN,
        "mine": KeysetPage(memberships, "company__name", request.GET, "place"),
    }
    if own is not None:
        people: QuerySet[Membership] = own.company.memberships.select_related("user")
        if own.role == Role.ADMIN:
            context |= _admin_context(request, own.company, form)
            people = _annotate_second_factor(people)
        context["people"] = KeysetPage(people, "user__username", request.GET, "from")
    return render(request, "accounts/members.html", context)


def _admin_context(
    request: AuthenticatedHttpRequest, company: Company, form: InvitationForm
) -> dict[str, Any]:
    pending = company.invitations.pending().select_related("invited_by")
    return {
        "form": form,
        "roles": Role.choices,
        "invite_to": company_address(company),
        "pending": KeysetPage(pending, "name", request.GET, "invited"),
    }


def _annotate_second_factor(people: QuerySet[Membership]) -> QuerySet[Membership]:
    device = TOTPDevice.objects.filter(user=OuterRef("user"), confirmed=True)
    return people.annotate(has_factor=Exists(device))

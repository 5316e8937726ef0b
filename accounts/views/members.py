"""Who belongs to a company. Admins manage it; everybody sees their own places and can leave."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.errors import Refused
from accounts.forms.members import MemberForm, RoleForm
from accounts.guards import SignedInRequest, counted, session_actor, signed_in
from accounts.models import Company, Membership, Role, User
from accounts.stretches import Stretch


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@counted
@signed_in
def members(request: SignedInRequest) -> HttpResponse:
    """The page; a POST adds a member to the company that the address names."""
    company = _chosen_company(request)
    if request.method != "POST":
        return _page(request, company, MemberForm())
    if company is None:
        raise Http404
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, company, form)
    actor = session_actor(request, request.user)
    name, role = form.cleaned_data["username"], Role(form.cleaned_data["role"])
    try:
        services.add_member(company=company, username=name, role=role, actor=actor)
    except Refused as refused:
        form.refuse(refused)
        return _page(request, company, form)
    messages.success(request, f"{name} is a member of {company} now.")
    return redirect(_address(company))


@require_POST
@signed_in
def change_role(request: SignedInRequest, member_id: int) -> HttpResponse:
    membership = get_object_or_404(_managed_by(request.user), pk=member_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    role = Role(form.cleaned_data["role"])
    actor = session_actor(request, request.user)
    try:
        services.change_role(membership=membership, role=role, actor=actor)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, f"The role of {membership.user} is {role} now.")
    # Who has just given up being admin finds nothing at the company's address any more.
    return redirect("members" if membership.user == request.user else _address(membership.company))


@require_POST
@signed_in
def remove(request: SignedInRequest, member_id: int) -> HttpResponse:
    """An admin removes a member; everybody removes themselves, which is leaving."""
    own = request.user.memberships.select_related("user", "company")
    membership = (own | _managed_by(request.user)).filter(pk=member_id).first()
    if membership is None:
        raise Http404
    leaving = membership.user == request.user
    try:
        services.remove_member(membership=membership, actor=session_actor(request, request.user))
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        who = "You are" if leaving else f"{membership.user} is"
        messages.success(request, f"{who} no member of {membership.company} any more.")
    return redirect("members" if leaving else _address(membership.company))


def _companies_of(admin: User) -> QuerySet[Company]:
    places = Membership.objects.admins().filter(user=admin)
    return Company.objects.filter(pk__in=places.values("company"))


def _managed_by(admin: User) -> QuerySet[Membership]:
    people = Membership.objects.filter(company__in=_companies_of(admin))
    return people.select_related("user", "company")


def _chosen_company(request: SignedInRequest) -> Company | None:
    """The one that `?company=` names, or else the first of those that this person administers."""
    companies = _companies_of(request.user).order_by("name")
    named = request.GET.get("company")
    if named is None:
        return companies.first()
    try:
        return get_object_or_404(companies, pk=uuid.UUID(named))
    except ValueError:
        raise Http404 from None


def _page(request: SignedInRequest, company: Company | None, form: MemberForm) -> HttpResponse:
    mine = request.user.memberships.select_related("company")
    context: dict[str, Any] = {
        "company": company,
        "mine": Stretch(mine, "company__name", request.GET, "place"),
        "form": form,
        "roles": Role.choices,
    }
    if company is not None:
        people = company.memberships.select_related("user")
        context |= {
            "people": Stretch(people, "user__username", request.GET, "from"),
            "add_to": _address(company),
        }
    return render(request, "accounts/members.html", context)


def _address(company: Company) -> str:
    return f"{reverse('members')}?company={company.pk}"

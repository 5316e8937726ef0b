"""The history of all companies, for operators, in the words of the console. It is read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from accounts.admin.base import ReadOnly
from accounts.admin.changelists import IndexedChangeList, admin_link, related_filter
from accounts.admin.site import site
from accounts.models import Company, Revision, Subject
from config import limits
from volumes.models import Environment
from volumes.presentation import markup
from volumes.presentation.timeline import VERBS, Entry, entries

PAGES = {
    Subject.VOLUME: "volumes_volume",
    Subject.APPLICATION: "volumes_application",
    Subject.ENVIRONMENT: "volumes_environment",
    Subject.COMPANY: "accounts_company",
}
INTERFACES = {"session": "Pages", "token:": "Tokens", "admin": "Admin", "command": "Commands"}


class About(admin.SimpleListFilter):
    """The history of one row, to which its page leads; offers only the way back."""

    title = "identifier"
    parameter_name = "subject_id"
    is_indexed = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(self.value() or "", self.value() or "")] if self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Narrow the list to the choice."""
        found = queryset.filter(about(self.value() or "")).with_position()  # type: ignore[attr-defined]
        return found if self.value() else None


class Action(admin.SimpleListFilter):
    """Filter the history by what was done."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(name, name.replace("_", " ").capitalize()) for name in VERBS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Narrow the list to the choice."""
        return queryset.filter(action=self.value()) if self.value() else None


class InterfaceFilter(admin.SimpleListFilter):
    """Filter the history by the interface that a change came through."""

    title = "interface"
    parameter_name = "interface"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return list(INTERFACES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Narrow the list to the choice."""
        return queryset.filter(via__startswith=self.value()) if self.value() in INTERFACES else None


class Time(admin.DateFieldListFilter):
    """Filter the history by its time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "time"


class RevisionList(IndexedChangeList):
    """The history of one object is in the order of its versions, all others by time."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Return the order of versions for one object, else the newest first."""
        is_of_one = bool(request.GET.get(About.parameter_name))
        return ["-position", "-pk"] if is_of_one else super().get_ordering(request, queryset)


@admin.register(Revision, site=site)
class RevisionAdmin(ReadOnly):
    """The history of all companies, without actions."""

    list_display = [
        "when",
        "who",
        "what",
        "subject_link",
        "changes_in_words",
        "company_link",
        "via",
    ]
    list_display_links = ["when"]
    list_filter = [
        "subject",
        Action,
        InterfaceFilter,
        ("at", Time),
        related_filter("company", Company, "company"),
        related_filter("environment", Environment, "environment_id"),
        About,
    ]
    list_select_related = ["company"]
    search_fields = ["=subject_id", "subject_name", "=by"]
    search_help_text = (
        "An identifier without its prefix;"
        f" a part of a name, or a person as user-5, among the newest {limits.MAX_SEARCHED_ROWS:,}"
    )
    ordering = ["-pk"]
    sortable_by = ()
    actions = None
    fields = [
        "when",
        "who",
        "via",
        "ip",
        "what",
        "subject_link",
        "changes",
        "version",
        "company_link",
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RevisionList]:
        """Return the list that knows the order of versions."""
        return RevisionList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's rows with their sentences: names of people and applications are looked up once."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        for row, entry in zip(rows, entries(rows), strict=True):
            row.entry = entry
        changelist.result_list = rows
        return changelist

    def exact_name(self, name: str) -> Q | None:
        """Find the history of an identifier. For a user, that includes what the user did."""
        return None if name.startswith("user-") else about(name)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the row with its sentence."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.entry = entries([row])[0]
        return row

    @admin.display(description="When")
    def when(self, row: Any) -> str:
        """Show the time."""
        return markup.ago(row.at)

    @admin.display(description="Who")
    def who(self, row: Any) -> str:
        """Show the actor, with a link if it is a user."""
        if not row.by.startswith("user-"):
            return str(row.entry.who)
        url = reverse("admin:accounts_user_change", args=[row.by.removeprefix("user-")])
        return format_html('<a href="{}">{}</a>', url, row.entry.who)

    @admin.display(description="Did")
    def what(self, row: Any) -> str:
        """Show the verb of the sentence."""
        return str(row.entry.verb)

    @admin.display(description="To")
    def subject_link(self, row: Any) -> str:
        """Link to what was changed."""
        return subject_of(row)

    @admin.display(description="What changed")
    def changes_in_words(self, row: Any) -> str:
        """Show values before and after."""
        return format_html("<div>{}</div>", changes_of(row.entry) or "–")

    @admin.display(description="Company")
    def company_link(self, row: Any) -> str:
        """Link to the company."""
        return admin_link(row.company)


def about(subject_id: str) -> Q:
    """All that happened to it. The index has the kinds of subjects first."""
    return Q(subject__in=list(Subject), subject_id=subject_id)


def subject_of(row: Revision) -> str:
    """What it is about, linked where that has a page."""
    kind = row.get_subject_display().replace("_", " ").lower()
    if row.subject in PAGES:
        url = reverse(f"admin:{PAGES[Subject(row.subject)]}_change", args=[row.subject_id])
    elif row.subject == Subject.INVITATION:  # whose page goes with it, and who may be nobody
        return format_html("{} {}", kind, row.subject_name)
    else:
        url = reverse("admin:accounts_user_change", args=[row.subject_id.removeprefix("user-")])
    return format_html('{} <a href="{}">{}</a>', kind, url, row.subject_name)


def changes_of(entry: Entry) -> str:
    """What the sentence does not tell by itself."""
    pairs = (
        (f"{change.field}: " if change.field else "", change.before, change.after)
        for change in entry.changes
    )
    return format_html_join("; ", "{}{} → {}", pairs)

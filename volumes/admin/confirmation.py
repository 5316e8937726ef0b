"""Run an action in two steps: a page lists its effect on each row, then it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.admin.base import OperatorAdmin, actor_of, is_valid_pk
from config import limits
from config.errors import DomainError
from volumes.admin.actions import AdminAction, words_of
from volumes.admin.progress import Done
from volumes.reconciler import inline


class ConfirmedActionsMixin(OperatorAdmin):
    """A list with confirmed actions instead of Django's, above all instead of its bulk delete."""

    row_actions: Sequence[AdminAction] = ()
    change_form_template = "admin/row_actions.html"

    def check_reach(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Raise PermissionDenied for rows that this operator may see but not change."""

    def action_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows with the annotations that the actions need."""
        return rows

    def get_urls(self) -> list[URLPattern]:
        """Add the page that confirms and runs an action."""
        view = self.admin_site.admin_view(self.action_view)
        return [path("do/<slug:name>/", view, name=self._named_url("do")), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> Any:
        """Return the actions that the operator may run, for the list."""
        if "_popup" in request.GET:
            return {}
        chosen = f"the chosen {self.opts.verbose_name_plural}"
        return {
            action.name: (_asking(action), action.name, action.button_label.format(chosen))
            for action in self.permitted(request)
        }

    def permitted(self, request: HttpRequest) -> list[AdminAction]:
        """Return the actions that the operator may run."""
        return [
            action
            for action in self.row_actions
            if getattr(self, f"has_{action.permission}_permission")(request)
        ]

    def action_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """GET: show the confirmation for rows given by `pk`. POST: run the action on the listed rows."""
        action = next((action for action in self.permitted(request) if action.name == name), None)
        if action is None:
            raise PermissionDenied
        if request.method == "POST":
            self.do(
                request, action, self._chosen(request, request.POST.getlist(ACTION_CHECKBOX_NAME))
            )
            return redirect(self._way_back(request))
        return self.ask(request, action, self._chosen(request, request.GET.getlist("pk")))

    def ask(
        self, request: HttpRequest, action: AdminAction, chosen: QuerySet[Any]
    ) -> HttpResponseBase:
        """Show what the action would do to each row."""
        rows = list(chosen[: limits.MAX_ACTION_ROWS + 1])
        if not 0 < len(rows) <= limits.MAX_ACTION_ROWS:
            why = (
                f"Choose at most {limits.MAX_ACTION_ROWS} at once."
                if rows
                else "What was chosen is not there."
            )
            messages.error(request, why)
            return redirect(self._list_url(request.GET))
        one = rows[0] if "pk" in request.GET else None
        blockers = action.blockers(rows)
        can = [row for row in rows if not blockers.get(row.pk)]
        context = {
            **self.admin_site.each_context(request),
            "admin": self,
            "opts": self.opts,
            "action": action,
            "title": action.button_label.format(self._names(rows)),
            "button": action.button_label.format(self._names(can)),
            "can": [(row, action.describe(row)) for row in can],
            "cannot": [(row, blockers[row.pk]) for row in rows if blockers.get(row.pk)],
            "checkbox": ACTION_CHECKBOX_NAME,
            "one": one,
            "filters": "" if one else request.GET.urlencode(),
            "do_url": self._do_url(action.name),
            "back": self._url("change", one.pk) if one else self._list_url(request.GET),
        }
        return TemplateResponse(request, "admin/confirm.html", context)

    def do(self, request: HttpRequest, action: AdminAction, chosen: QuerySet[Any]) -> None:
        """Run the action on each row in its own transaction, so that a refusal does not undo others."""
        actor, done = actor_of(request), Done(action)
        with inline.deadline():
            for row in chosen[: limits.MAX_ACTION_ROWS]:
                try:
                    returned = action.do(row, actor)
                except DomainError as refusal:
                    messages.error(request, f"{self.full_name(row)}: {words_of(refusal)}")
                else:
                    done.add(row, returned)
        for result in done.results():
            result.tell(request)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the confirmation of the delete action."""
        return redirect(self._action_url("delete", object_id))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add links to the actions that the row allows."""
        # The page already has a delete button.
        others = [action for action in self.permitted(request) if action.name != "delete"]
        available = [action for action in others if obj and action.is_available(obj)]
        context["row_actions"] = [
            (action.link_label, self._action_url(action.name, obj.pk), action.is_danger)
            for action in available
        ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _chosen(self, request: HttpRequest, pks: Sequence[str]) -> QuerySet[Any]:
        known = [pk for pk in pks[: limits.MAX_ACTION_ROWS + 1] if is_valid_pk(self.model, pk)]
        chosen = self.get_queryset(request).filter(pk__in=known)
        self.check_reach(request, chosen)
        return self.action_rows(chosen).order_by("pk")

    def _names(self, rows: Sequence[Model]) -> str:
        many = f"{len(rows)} {self.opts.verbose_name_plural}"
        return str(rows[0]) if len(rows) == 1 else many

    def _way_back(self, request: HttpRequest) -> str:
        """Return the address of the row's page if the action came from there and the row exists."""
        if request.POST.get("one"):
            row = self._chosen(request, request.POST.getlist(ACTION_CHECKBOX_NAME)).first()
            return self._url("change", row.pk) if row else self._url("changelist")
        return self._list_url(QueryDict(request.POST.get("filters", "")))

    def _list_url(self, filters: QueryDict) -> str:
        kept = "" if "pk" in filters else filters.urlencode()
        return self._url("changelist") + (f"?{kept}" if kept else "")

    def _action_url(self, name: str, pk: object) -> str:
        return f"{self._do_url(name)}?pk={pk}"

    def _do_url(self, name: str) -> str:
        return self._url("do", name)

    def _url(self, page: str, *args: object) -> str:
        return reverse(f"admin:{self._named_url(page)}", args=args)

    def _named_url(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"


def _asking(
    action: AdminAction,
) -> Callable[[ConfirmedActionsMixin, HttpRequest, QuerySet[Any]], HttpResponseBase]:
    """Return the action as a function for Django's list."""

    def ask(
        page: ConfirmedActionsMixin, request: HttpRequest, chosen: QuerySet[Any]
    ) -> HttpResponseBase:
        page.check_reach(request, chosen)
        return page.ask(request, action, page.action_rows(chosen))

    return ask

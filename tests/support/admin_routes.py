"""Every route of the admin, with the status that an operator gets. Nobody else gets access."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.admin.site import site
from config.urls import urlpatterns
from tests.support.routes import flat

ADMIN = "admin/"
ONE = "<path:object_id>/"
WITH_VERBS = {
    *("application", "attachment", "environment", "invitation", "snapshot", "token", "volume"),
}
MADE_ELSEWHERE = {"invitation", "revision", "token"}
VERBS = {"invitation": "withdraw", "token": "revoke"}
"""Actions other than delete."""
KEPT = {"company", "revision", "user"}
"""Models whose rows cannot be deleted, because the history refers to them."""


@dataclass(frozen=True)
class Desk:
    """`path` names rows by their model in braces; `status` is that of an operator's GET."""

    path: str
    status: int = 200


def of_model(app: str, model: str) -> dict[str, Desk]:
    base, one = f"{ADMIN}{app}/{model}/", f"{ADMIN}{app}/{model}/{{{model}}}/"
    found = {
        base: Desk(base),
        f"{base}add/": Desk(f"{base}add/", 403 if model in MADE_ELSEWHERE else 200),
        # Redirects to the list of revisions.
        f"{base}{ONE}history/": Desk(f"{one}history/", 302),
        f"{base}{ONE}change/": Desk(f"{one}change/"),
        f"{base}{ONE}delete/": Desk(f"{one}delete/", 403 if model in KEPT else 200),
        f"{base}{ONE}": Desk(one, 302),
    }
    if model in WITH_VERBS:
        # Deleting is an action too, to which the stock URL redirects.
        found[f"{base}{ONE}delete/"] = Desk(f"{one}delete/", 302)
        name = VERBS.get(model, "delete")
        found[f"{base}do/<slug:name>/"] = Desk(f"{base}do/{name}/?pk={{{model}}}")
    return found


MODELS = [(kind._meta.app_label, kind._meta.model_name) for kind in site._registry]

ROUTES = {
    ADMIN: Desk(ADMIN),
    f"{ADMIN}login/": Desk(f"{ADMIN}login/", 302),
    f"{ADMIN}logout/": Desk(f"{ADMIN}logout/"),
    f"{ADMIN}password_change/": Desk(f"{ADMIN}password_change/", 302),
    f"{ADMIN}password_change/done/": Desk(f"{ADMIN}password_change/done/", 302),
    f"{ADMIN}autocomplete/": Desk(
        f"{ADMIN}autocomplete/?app_label=volumes&model_name=volume&field_name=environment"
    ),
    f"{ADMIN}jsi18n/": Desk(f"{ADMIN}jsi18n/"),
    f"{ADMIN}r/<path:content_type_id>/<path:object_id>/": Desk(f"{ADMIN}r/1/{{volume}}/", 404),
    f"{ADMIN}accounts/user/<id>/password/": Desk(f"{ADMIN}accounts/user/{{user}}/password/"),
    f"{ADMIN}accounts/user/<path:object_id>/reset/": Desk(f"{ADMIN}accounts/user/{{user}}/reset/"),
    f"{ADMIN}^(?P<app_label>accounts|volumes)/$": Desk(f"{ADMIN}volumes/"),
    f"{ADMIN}(?P<url>.*)$": Desk(f"{ADMIN}nonsense", 404),
}
for app, model in MODELS:
    ROUTES |= of_model(app, str(model))

OPEN = {f"{ADMIN}login/"}
"""Redirects everybody to the login page."""


def admin_routes() -> set[str]:
    return {route for route, _ in flat("", urlpatterns) if route.startswith(ADMIN)}

"""Every page with the status for each caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from accounts.models import Role
from config.urls import urlpatterns
from tests.support.routes import flat

VIEWER, EDITOR, ADMIN = Role.VIEWER, Role.EDITOR, Role.ADMIN
OUTSIDE = "outside"
INSIDE = ("stranger", "invited", "staff", "viewer", "editor", "admin", "without factor")
LOGIN = 302
"""Whoever has to log in first is led there."""

Statuses = dict[str, int]
"""The status for who is outside, and for each of those inside."""


def anybody(status: int) -> Statuses:
    return dict.fromkeys((OUTSIDE, *INSIDE), status)


def signed_in(status: int = 200, *, outside: int = LOGIN) -> Statuses:
    """A page of one's own: everybody has one."""
    return anybody(status) | {OUTSIDE: outside}


def in_company(needs: Role, status: int = 200, *, less: int = 403, stranger: int = 404) -> Statuses:
    """A page about what belongs to the company; `less` for a member whose role is not enough."""
    by_role = {str(role): status if role.includes(needs) else less for role in Role}
    # A factor that went in any other way than on the page: the session goes on as one without.
    outsiders = {OUTSIDE: LOGIN, "stranger": stranger, "invited": stranger, "staff": stranger}
    return {**outsiders, **by_role, "without factor": status}


@dataclass(frozen=True)
class Page:
    """`path` and `form` name what is in a World by `{name}`."""

    path: str
    statuses: Statuses
    form: dict[str, str] = field(default_factory=dict)

    def body(self, names: dict[str, str]) -> bytes:
        return urlencode({key: part.format(**names) for key, part in self.form.items()}).encode()


E, APP = "env/<uuid:env_id>", "env/<uuid:env_id>/application/<uuid:app_id>"
V = f"{E}/v/<uuid:volume_id>"
ENV, VOL, SPARE = "env/{env}", "env/{env}/v/{volume}", "env/{env}/v/{spare}"
WEB, NEW = "env/{env}/application/{app}", {"name": "brand-new"}
EDITS, DONE = in_company(EDITOR), in_company(EDITOR, 302)

PAGES = {
    ("GET", ""): Page("", signed_in()),
    ("GET", "new-environment"): Page("new-environment", in_company(ADMIN, stranger=200)),
    ("POST", "new-environment"): Page("new-environment", in_company(ADMIN, 302, stranger=302), NEW),
    ("GET", "activity"): Page("activity?company={company}", in_company(VIEWER)),
    ("GET", "activity.csv"): Page("activity.csv?company={company}", in_company(VIEWER)),
    ("GET", E): Page(ENV, in_company(VIEWER)),
    ("POST", f"{E}/selected"): Page(
        f"{ENV}/selected", EDITS, {"do": "snapshot", "volume": "{volume}"}
    ),
    ("GET", f"{E}/applications"): Page(f"{ENV}/applications", in_company(VIEWER)),
    ("GET", f"{E}/activity"): Page(f"{ENV}/activity", in_company(VIEWER)),
    ("GET", f"{E}/settings"): Page(f"{ENV}/settings", in_company(VIEWER)),
    ("POST", f"{E}/settings"): Page(
        f"{ENV}/settings", in_company(ADMIN, 302), {**NEW, "version": "1"}
    ),
    ("GET", f"{E}/delete"): Page("env/{empty}/delete", in_company(ADMIN)),
    ("POST", f"{E}/delete"): Page("env/{empty}/delete", in_company(ADMIN, 302), {"name": "empty"}),
    ("GET", f"{E}/new"): Page(f"{ENV}/new", EDITS),
    ("POST", f"{E}/new"): Page(f"{ENV}/new", DONE, {**NEW, "size": "1MB"}),
    ("GET", f"{E}/new-application"): Page(f"{ENV}/new-application", EDITS),
    ("POST", f"{E}/new-application"): Page(f"{ENV}/new-application", DONE, NEW),
    ("GET", f"{APP}/rename"): Page(f"{WEB}/rename", EDITS),
    ("POST", f"{APP}/rename"): Page(f"{WEB}/rename", DONE, NEW),
    ("GET", f"{APP}/delete"): Page(f"{WEB}/delete", EDITS),
    ("POST", f"{APP}/delete"): Page(f"{WEB}/delete", DONE),
    ("GET", V): Page(VOL, in_company(VIEWER)),
    ("GET", f"{V}/snapshots"): Page(f"{VOL}/snapshots", in_company(VIEWER)),
    ("GET", f"{V}/applications"): Page(f"{VOL}/applications", in_company(VIEWER)),
    ("GET", f"{V}/history"): Page(f"{VOL}/history", in_company(VIEWER)),
    ("GET", f"{V}/edit"): Page(f"{VOL}/edit", EDITS),
    ("POST", f"{V}/edit"): Page(f"{SPARE}/edit", DONE, {**NEW, "mountPath": "/x", "version": "1"}),
    ("GET", f"{V}/grow"): Page(f"{VOL}/grow", EDITS),
    ("POST", f"{V}/grow"): Page(f"{VOL}/grow", DONE, {"size": "200MB"}),
    ("POST", f"{V}/protect"): Page(f"{VOL}/protect", DONE, {"protected": "true"}),
    ("POST", f"{V}/retry"): Page(f"{VOL}/retry", DONE),
    ("GET", f"{V}/attach"): Page(f"{SPARE}/attach", EDITS),
    ("POST", f"{V}/attach"): Page(f"{SPARE}/attach", DONE, {"appIdRef": "{app}"}),
    ("GET", f"{V}/detach/<uuid:app_id>"): Page(f"{VOL}/detach/{{app}}", EDITS),
    ("POST", f"{V}/detach/<uuid:app_id>"): Page(f"{VOL}/detach/{{app}}", DONE),
    ("GET", f"{V}/delete"): Page(f"{SPARE}/delete", EDITS),
    ("POST", f"{V}/delete"): Page(f"{SPARE}/delete", DONE, {"name": "spare"}),
    ("POST", f"{V}/undelete"): Page("env/{env}/v/{gone}/undelete", DONE),
    ("GET", f"{V}/take-snapshot"): Page(f"{VOL}/take-snapshot", EDITS),
    ("POST", f"{V}/take-snapshot"): Page(f"{VOL}/take-snapshot", DONE, NEW),
    ("GET", f"{V}/snapshots/<uuid:snapshot_id>/delete"): Page(
        f"{VOL}/snapshots/{{snapshot}}/delete", EDITS
    ),
    ("POST", f"{V}/snapshots/<uuid:snapshot_id>/delete"): Page(
        f"{VOL}/snapshots/{{snapshot}}/delete", DONE
    ),
    ("GET", "login"): Page("login", signed_in(302, outside=200)),
    ("POST", "login"): Page("login", signed_in(302, outside=200)),
    ("GET", "logout"): Page("logout", signed_in()),
    ("POST", "logout"): Page("logout", anybody(302)),
    ("POST", "theme"): Page("theme", anybody(302)),
    ("GET", "favicon.ico"): Page("favicon.ico", anybody(302)),
    ("GET", "settings/security"): Page("settings/security", signed_in()),
    ("POST", "settings/security"): Page("settings/security", signed_in(), {"action": "password"}),
    ("GET", "settings/tokens"): Page("settings/tokens", signed_in()),
    ("POST", "settings/tokens"): Page("settings/tokens", signed_in()),
    # Not even another admin of the company.
    ("POST", "settings/tokens/<uuid:token_id>/revoke"): Page(
        "settings/tokens/{token}/revoke", signed_in(404) | {"admin": 302}
    ),
    ("GET", "settings/members"): Page("settings/members?company={company}", in_company(VIEWER)),
    ("POST", "settings/members"): Page("settings/members?company={company}", in_company(ADMIN)),
    ("POST", "settings/members/<int:member_id>/role"): Page(
        "settings/members/{member}/role", in_company(ADMIN, 302), {"role": "editor"}
    ),
    ("POST", "settings/members/<int:member_id>/remove"): Page(
        "settings/members/{member}/remove", in_company(ADMIN, 302)
    ),
    # Members who are no admins do not know whom the company invites.
    ("POST", "settings/members/invitation/<uuid:invitation_id>/withdraw"): Page(
        "settings/members/invitation/{invitation}/withdraw", in_company(ADMIN, 302, less=404)
    ),
    ("GET", "settings/invitations"): Page("settings/invitations", signed_in()),
    ("POST", "settings/invitations/<uuid:invitation_id>/accept"): Page(
        "settings/invitations/{invitation}/accept", signed_in(404) | {"invited": 302}
    ),
    ("POST", "settings/invitations/<uuid:invitation_id>/decline"): Page(
        "settings/invitations/{invitation}/decline", signed_in(404) | {"invited": 302}
    ),
    **{(method, "admin"): Page("admin", anybody(302)) for method in ("GET", "POST", "PUT")},
    ("GET", "schema"): Page("schema", anybody(200)),
    ("GET", "docs"): Page("docs", anybody(200)),
    ("GET", "healthz"): Page("healthz", anybody(200)),
    ("GET", "readyz"): Page("readyz", anybody(200)),
    ("GET", "metrics"): Page("metrics", anybody(404)),
}
"""By method and route as the URLconf has it. A method that is not here is a 405 for everybody."""


ADMIN_SITE = "admin/"


def page_routes() -> set[str]:
    """Every route of the URLconf that is neither the API's nor the admin's."""
    return {
        route
        for route, pattern in flat("", urlpatterns)
        if not hasattr(pattern.callback, "cls") and not route.startswith(ADMIN_SITE)
    }

"""Every route of the API with a call that succeeds, for what is asked of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver

from accounts.models import Role
from volumes.api import urls

ANY_BASE = ("", "environments/", "api/v1/", "api/v1/environments/")
TWO_BASES = ("", "api/v1/")


@dataclass(frozen=True)
class Row:
    """`path` and `body` name what is in a World by `{name}`."""

    path: str
    needs: Role
    status: int = 200
    body: Any = None


V, ONE = "<str:envId>/volume", "<str:envId>/volume/<str:id>"
APP, ENV = "<str:envId>/app", "environments/<str:id>"
VIEWER, EDITOR, ADMIN = Role.VIEWER, Role.EDITOR, Role.ADMIN
WISH = {"name": "brand-new", "size": 1}

ROWS = {
    ("GET", V): Row("{env}/volume", VIEWER),
    ("POST", V): Row("{env}/volume", EDITOR, 201, WISH),
    ("POST", f"{V}/validate"): Row("{env}/volume/validate", VIEWER, 200, WISH),
    ("GET", ONE): Row("{env}/volume/{volume}", VIEWER),
    ("PUT", ONE): Row("{env}/volume/{volume}", EDITOR, 200, {"description": "x"}),
    ("DELETE", ONE): Row("{env}/volume/{spare}", EDITOR),
    ("GET", f"{ONE}/history"): Row("{env}/volume/{volume}/history", VIEWER),
    ("POST", f"{ONE}/restore"): Row("{env}/volume/{gone}/restore", EDITOR),
    ("GET", f"{ONE}/usage"): Row("{env}/volume/{volume}/usage", VIEWER),
    ("GET", f"{ONE}/attachment"): Row("{env}/volume/{volume}/attachment", VIEWER),
    ("POST", f"{ONE}/attachment"): Row(
        "{env}/volume/{spare}/attachment", EDITOR, 201, {"appIdRef": "{app}"}
    ),
    ("DELETE", f"{ONE}/attachment/<str:appId>"): Row(
        "{env}/volume/{volume}/attachment/{app}", EDITOR
    ),
    ("GET", f"{ONE}/snapshot"): Row("{env}/volume/{volume}/snapshot", VIEWER),
    ("POST", f"{ONE}/snapshot"): Row("{env}/volume/{volume}/snapshot", EDITOR, 201),
    ("GET", f"{ONE}/snapshot/<str:snapId>"): Row(
        "{env}/volume/{volume}/snapshot/{snapshot}", VIEWER
    ),
    ("DELETE", f"{ONE}/snapshot/<str:snapId>"): Row(
        "{env}/volume/{volume}/snapshot/{snapshot}", EDITOR
    ),
    ("GET", APP): Row("{env}/app", VIEWER),
    ("POST", APP): Row("{env}/app", EDITOR, 201, {"name": "brand-new"}),
    ("GET", f"{APP}/<str:id>"): Row("{env}/app/{app}", VIEWER),
    ("PUT", f"{APP}/<str:id>"): Row("{env}/app/{app}", EDITOR, 200, {"name": "brand-new"}),
    ("DELETE", f"{APP}/<str:id>"): Row("{env}/app/{app}", EDITOR),
    ("GET", "environments"): Row("environments", VIEWER),
    ("POST", "environments"): Row("environments", ADMIN, 201, {"name": "brand-new"}),
    ("GET", ENV): Row("environments/{env}", VIEWER),
    ("PUT", ENV): Row("environments/{env}", ADMIN, 200, {"name": "brand-new"}),
    ("DELETE", ENV): Row("environments/{empty}", ADMIN),
    ("GET", f"{ENV}/resource-usage"): Row("environments/{env}/resource-usage", VIEWER),
}
"""By method and route as the URLconf has it below each base."""


def routes() -> Iterator[tuple[str, str]]:
    """Every (method, whole route) of the URLconf that leads to an action."""
    for prefix, pattern in flat("", urls.urlpatterns):
        actions = getattr(pattern.callback, "actions", None) or {}
        for method in actions.keys() - {"head"}:  # what GET does
            yield method.upper(), prefix


def expected() -> set[tuple[str, str]]:
    """What `routes()` finds if the table is complete and every base serves everything."""
    return {(method, base + route) for (method, route) in ROWS for base in bases(route)}


def bases(route: str) -> tuple[str, ...]:
    return TWO_BASES if route.startswith("environments") else ANY_BASE


def filled(value: Any, names: dict[str, str]) -> Any:
    """The body of a row with names in the place of `{name}`."""
    return (
        {
            key: part.format(**names) if isinstance(part, str) else part
            for key, part in value.items()
        }
        if value
        else value
    )


def flat(prefix: str, patterns: Iterable[Any]) -> Iterator[tuple[str, URLPattern]]:
    """Every pattern that leads somewhere, by its whole route."""
    for pattern in patterns:
        whole = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from flat(whole, pattern.url_patterns)
        else:
            yield whole, pattern

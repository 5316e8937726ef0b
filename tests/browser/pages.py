"""Every page that Alice can open in the little world, by a name for its picture."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.server import Server


def _environment(site: Server) -> str:
    return f"/env/{site.installation.made['environmentId']}"


def _volume(site: Server, name: str = "postgres-data") -> str:
    environment = site.installation.made["environmentId"]
    found = site.wire().get(f"/{environment}/volume?nameIs={name}").body[0]
    return f"{_environment(site)}/v/{found['id'].removeprefix('vol-')}"


PAGES: dict[str, Callable[[Server], str]] = {
    "overview": lambda site: "/",
    "environment": _environment,
    "applications": lambda site: f"{_environment(site)}/applications",
    "environment-activity": lambda site: f"{_environment(site)}/activity",
    "environment-settings": lambda site: f"{_environment(site)}/settings",
    "new-environment": lambda site: "/new-environment",
    "new-application": lambda site: f"{_environment(site)}/new-application",
    "new-volume": lambda site: f"{_environment(site)}/new",
    "volume": _volume,
    "missing": lambda site: _volume(site, "letsencrypt"),
    "snapshots": lambda site: f"{_volume(site)}/snapshots",
    "volume-applications": lambda site: f"{_volume(site)}/applications",
    "history": lambda site: f"{_volume(site)}/history",
    "edit": lambda site: f"{_volume(site)}/edit",
    "grow": lambda site: f"{_volume(site)}/grow",
    "attach": lambda site: f"{_volume(site)}/attach",
    "delete": lambda site: f"{_volume(site, 'ml-models')}/delete",
    "activity": lambda site: "/activity",
    "security": lambda site: "/settings/security",
    "tokens": lambda site: "/settings/tokens",
    "members": lambda site: "/settings/members",
    "admin": lambda site: "/admin/",
    "admin-volumes": lambda site: "/admin/volumes/volume/",
    "not-found": lambda site: "/nothing-here",
}

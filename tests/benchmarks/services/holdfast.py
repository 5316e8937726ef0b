"""Holdfast as `manage.py serve` starts it, and once more leaving the storage to its sweep."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from tests.benchmarks.operations import RequestTemplate
from tests.benchmarks.rows import SIZE, volume_id
from tests.benchmarks.services import loading
from tests.benchmarks.services.base import Service
from tests.benchmarks.services.browser import session_cookie
from tests.benchmarks.services.paging import FAR, path_of_page
from tests.support.installation import Installation
from tests.support.wire import Wire

NEW = {
    "name": "made-{number}",
    "size": SIZE,
    "mountPath": "/data/made-{number}",
    "labels": {"tier": "database"},
}


NEVER_REACHED = "1000000000/minute,1000000000/minute"
"""A limit for which requests are counted all the same: counting is part of what is measured."""


class Holdfast(Service):
    name = "holdfast"
    title = "**Holdfast**: volumes are on disk before the response"
    spare_a_second = 1200
    settings: ClassVar[dict[str, str]] = {"API_RATE_LIMIT": NEVER_REACHED}

    def start(self) -> None:
        self.installation = Installation(self.home, self.database.url, **self.settings)
        self.made = self.installation.identity
        self.token = self.installation.token
        self.environment = UUID(self.made["environmentId"])
        self.far: dict[str, str] = {}
        loading.settle(self.database)
        bind = f"127.0.0.1:{self.port}"
        self.process = self.installation.start("serve", "--bind", bind)
        self.wait_for("/healthz")
        operator = self.installation.bootstrap("Acme", "production", "olga", "--superuser")
        self.cookie = session_cookie(self.port, self.made)
        self.operators_cookie = session_cookie(self.port, operator)

    def load(self, numbers: range) -> None:
        loading.load(self.database, numbers, self.made)

    def add_spare(self, numbers: range) -> None:
        super().add_spare(numbers)
        for number in numbers:
            volume = self.installation.storage_root / str(volume_id(number))
            (volume / "data").mkdir(parents=True)

    def forget(self) -> None:
        loading.forget(self.database, beyond=volume_id(self.size))
        self.installation.empty_storage()

    def spec(self, operation: str) -> RequestTemplate:
        found = super().spec(operation)
        if operation not in FAR:
            return found
        if operation not in self.far:
            wire, before = Wire(self.port, self.token), FAR[operation](self.size)
            self.far[operation] = path_of_page(wire, found.path, before)
        return replace(found, path=self.far[operation])

    def requests(self) -> dict[str, RequestTemplate]:
        headers = (f"Authorization: Bearer {self.token}", "Content-Type: application/json")
        browser = (f"Cookie: {self.cookie}",)
        operator = (f"Cookie: {self.operators_cookie}",)
        admin = "/admin/volumes/volume/"
        volumes, pages = f"/{self.environment}/volume", f"/env/{self.environment}"
        volume, page = f"{volumes}/vol-{{id}}", f"{volumes}?limit=100"
        return {
            "get": RequestTemplate("GET", volume, headers=headers),
            "list": RequestTemplate("GET", page, headers=headers),
            "create": RequestTemplate("POST", volumes, json.dumps(NEW), headers),
            "update": RequestTemplate(
                "PUT", volume, '{"description": "changed {serial}"}', headers
            ),
            "delete": RequestTemplate("DELETE", volume, headers=headers),
            "validate": RequestTemplate("POST", f"{volumes}/validate", json.dumps(NEW), headers),
            "login": RequestTemplate("GET", "/login"),
            "environment-page": RequestTemplate("GET", pages, headers=browser),
            "environment-search": RequestTemplate("GET", f"{pages}?name={{tail}}", headers=browser),
            "admin-list": RequestTemplate("GET", admin, headers=operator),
            "admin-search": RequestTemplate("GET", f"{admin}?q={{tail}}", headers=operator),
            "admin-start": RequestTemplate("GET", "/admin/", headers=operator),
            "volume-page": RequestTemplate("GET", f"{pages}/v/{{id}}", headers=browser),
            "page-1000": RequestTemplate("GET", volumes, headers=headers),
            "last-page": RequestTemplate("GET", volumes, headers=headers),
            "name": RequestTemplate("GET", f"{page}&nameIs={{word}}-{{number}}", headers=headers),
            "search": RequestTemplate("GET", f"{page}&name={{tail}}", headers=headers),
            "search-common": RequestTemplate("GET", f"{page}&name=invoice", headers=headers),
        }


class HoldfastWithoutInline(Holdfast):
    """What the baselines do as well: they write what is wanted and make nothing."""

    name = "holdfast-without-inline"
    title = "**Holdfast**, `RECONCILE_INLINE=false`: volumes are created after the response"
    settings: ClassVar[dict[str, str]] = Holdfast.settings | {"RECONCILE_INLINE": "false"}

    def requests(self) -> dict[str, RequestTemplate]:
        touching_storage = {"create", "delete"}
        return {name: spec for name, spec in super().requests().items() if name in touching_storage}

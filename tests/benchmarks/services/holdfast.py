"""Holdfast as `manage.py serve` starts it, and once more leaving the storage to its sweep."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from tests.benchmarks.operations import Wish
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
        self.made = self.installation.made
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

    def spec(self, operation: str) -> Wish:
        found = super().spec(operation)
        if operation not in FAR:
            return found
        if operation not in self.far:
            wire, before = Wire(self.port, self.token), FAR[operation](self.size)
            self.far[operation] = path_of_page(wire, found.path, before)
        return replace(found, path=self.far[operation])

    def wishes(self) -> dict[str, Wish]:
        headers = (f"Authorization: Bearer {self.token}", "Content-Type: application/json")
        browser = (f"Cookie: {self.cookie}",)
        operator = (f"Cookie: {self.operators_cookie}",)
        admin = "/admin/volumes/volume/"
        volumes, pages = f"/{self.environment}/volume", f"/env/{self.environment}"
        volume, page = f"{volumes}/vol-{{id}}", f"{volumes}?limit=100"
        return {
            "get": Wish("GET", volume, headers=headers),
            "list": Wish("GET", page, headers=headers),
            "create": Wish("POST", volumes, json.dumps(NEW), headers),
            "update": Wish("PUT", volume, '{"description": "changed {serial}"}', headers),
            "delete": Wish("DELETE", volume, headers=headers),
            "validate": Wish("POST", f"{volumes}/validate", json.dumps(NEW), headers),
            "login": Wish("GET", "/login"),
            "environment-page": Wish("GET", pages, headers=browser),
            "environment-search": Wish("GET", f"{pages}?name={{tail}}", headers=browser),
            "admin-list": Wish("GET", admin, headers=operator),
            "admin-search": Wish("GET", f"{admin}?q={{tail}}", headers=operator),
            "admin-start": Wish("GET", "/admin/", headers=operator),
            "volume-page": Wish("GET", f"{pages}/v/{{id}}", headers=browser),
            "page-1000": Wish("GET", volumes, headers=headers),
            "last-page": Wish("GET", volumes, headers=headers),
            "name": Wish("GET", f"{page}&nameIs={{word}}-{{number}}", headers=headers),
            "search": Wish("GET", f"{page}&name={{tail}}", headers=headers),
            "search-common": Wish("GET", f"{page}&name=invoice", headers=headers),
        }


class HoldfastWishes(Holdfast):
    """What the baselines do as well: they write what is wanted and make nothing."""

    name = "holdfast-wishes"
    title = "**Holdfast**, `RECONCILE_INLINE=false`: volumes are created after the response"
    settings: ClassVar[dict[str, str]] = Holdfast.settings | {"RECONCILE_INLINE": "false"}

    def wishes(self) -> dict[str, Wish]:
        touching_storage = {"create", "delete"}
        return {name: spec for name, spec in super().wishes().items() if name in touching_storage}

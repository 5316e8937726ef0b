"""Holdfast as `manage.py serve` starts it, and once more leaving the storage to its sweep."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from tests.benchmarks import rows
from tests.benchmarks.operations import Operation, Wish
from tests.benchmarks.rows import SIZE, made_at, volume_id, volume_name
from tests.benchmarks.services.base import Service
from tests.benchmarks.services.browser import session_cookie
from tests.support.installation import Installation, Process

QUOTA = 2**40
"""MB: more than any run takes, so that the rule is asked and never in the way."""

MORE = ("attempts", "adopt_from", "removal_started", "detached_at")

REVISION = (
    *("id", "company_id", "environment_id", "subject", "subject_id", "subject_name", "version"),
    *("action", '"by"', "via", "ip", '"at"', "changes"),
)


class Holdfast(Service):
    name = "holdfast"
    title = "Holdfast, volumes made on disk before the answer"
    settings: ClassVar[dict[str, str]] = {}
    cookie = ""

    def start(self) -> None:
        self.installation = Installation(self.home, self.database.url, **self.settings)
        self.made = self.installation.made
        self.token = self.installation.token
        self.environment = UUID(self.made["environmentId"])
        # What serve does hourly must not fall into a run, and the rows have no data to look at.
        self.database.execute(
            "UPDATE volumes_installation SET checked_at = CURRENT_TIMESTAMP,"
            " measured_at = CURRENT_TIMESTAMP"
        )
        self.database.execute("UPDATE volumes_environment SET storage_quota = %s", QUOTA)
        self.database.execute("UPDATE accounts_company SET storage_quota = %s", QUOTA)
        self.process = self.serve()
        self.wait_for("/healthz")
        self.cookie = session_cookie(self.port, self.made)

    def serve(self) -> Process:
        return self.installation.start("serve", "--bind", f"127.0.0.1:{self.port}")

    def load(self, numbers: range) -> None:
        by = self.made["userId"]
        self.database.fill("volumes_volume", (*rows.COLUMNS, *MORE), self._volumes(numbers, by))
        self.database.fill("accounts_revision", REVISION, self._revisions(numbers, by))
        self._count()

    def prepare(self, operation: Operation, seconds: int) -> None:
        super().prepare(operation, seconds)
        if operation.name == "delete":
            for number in self.spare(seconds):
                (self.installation.storage_root / str(volume_id(number)) / "data").mkdir(
                    parents=True
                )

    def forget(self) -> None:
        self.database.execute("DELETE FROM volumes_volume WHERE id > %s", self.last)
        self.database.execute("DELETE FROM accounts_revision WHERE id > %s", self.last)
        self._count()
        for made in self.installation.storage_root.glob("[!.]*"):
            shutil.rmtree(made, ignore_errors=True)

    def wishes(self) -> dict[str, Wish]:
        headers = (f"Authorization: Bearer {self.token}", "Content-Type: application/json")
        browser = (f"Cookie: {self.cookie}",)
        volumes = f"/{self.environment}/volume"
        one = f"{volumes}/vol-{{id}}"
        new = {
            "name": "made-{number}",
            "size": SIZE,
            "mountPath": "/data/made-{number}",
            "labels": {"tier": "database"},
        }
        page = f"{volumes}?limit=100"
        return {
            "get": Wish("GET", one, headers=headers),
            "list": Wish("GET", page, headers=headers),
            "create": Wish("POST", volumes, json.dumps(new), headers),
            "update": Wish("PUT", one, '{"description": "changed {serial}"}', headers),
            "delete": Wish("DELETE", one, headers=headers),
            "validate": Wish(
                "POST", f"{volumes}/validate", '{"name": "made-{number}", "size": 10}', headers
            ),
            "login": Wish("GET", "/login"),
            "environment-page": Wish("GET", f"/env/{self.environment}", headers=browser),
            "volume-page": Wish("GET", f"/env/{self.environment}/v/{{id}}", headers=browser),
            "name": Wish("GET", f"{page}&nameIs={{word}}-{{number}}", headers=headers),
            "search": Wish("GET", f"{page}&name={{tail}}", headers=headers),
            "search-common": Wish("GET", f"{page}&name=invoice", headers=headers),
        }

    def _volumes(self, numbers: range, by: str) -> Iterator[tuple[object, ...]]:
        for number in numbers:
            yield (*rows.values(number, self.environment, by), 0, "", False, made_at(number))

    def _revisions(self, numbers: range, by: str) -> Iterator[tuple[object, ...]]:
        company = UUID(self.made["companyId"])
        for number in numbers:
            name = volume_name(number)
            changes: Any = {"name": [None, name], "size": [None, SIZE]}
            yield (
                *(volume_id(number), company, self.environment, "volume"),
                *(str(volume_id(number)), name, 1, "create", by, "command", None),
                *(made_at(number), json.dumps(changes)),
            )

    def _count(self) -> None:
        used = "(SELECT COALESCE(SUM(size), 0) FROM volumes_volume)"
        self.database.execute(f"UPDATE volumes_environment SET storage_used = {used}")
        self.database.execute(f"UPDATE accounts_company SET storage_used = {used}")


class HoldfastWishes(Holdfast):
    """What the baselines do as well: they write what is wanted and make nothing."""

    name = "holdfast-wishes"
    title = "Holdfast, volumes made after the answer (`RECONCILE_INLINE=false`)"
    settings: ClassVar[dict[str, str]] = {"RECONCILE_INLINE": "false"}

    def wishes(self) -> dict[str, Wish]:
        return {
            name: wish for name, wish in super().wishes().items() if name in {"create", "delete"}
        }

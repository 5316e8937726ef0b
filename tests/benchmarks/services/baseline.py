"""What the baselines have in common: one table, and no more than five operations."""

from __future__ import annotations

import json
from typing import ClassVar

from tests.benchmarks import rows
from tests.benchmarks.operations import RequestTemplate
from tests.benchmarks.rows import SIZE, made_at
from tests.benchmarks.services.base import Service

NEW = {
    "name": "made-{number}",
    "size": SIZE,
    "mount_path": "/data/made-{number}",
    "labels": {"tier": "database"},
}


class Baseline(Service):
    scheme: ClassVar[str]
    """Of the Authorization header."""
    volumes: ClassVar[str]
    volume: ClassVar[str]
    """Paths, below the environment."""

    def load(self, numbers: range) -> None:
        found = rows.rows(numbers, self.environment, "alice")
        self.database.fill("volume", rows.COLUMNS, found)

    def forget(self) -> None:
        self.database.execute("DELETE FROM volume WHERE created_at > %s", made_at(self.size))

    def requests(self) -> dict[str, RequestTemplate]:
        headers = (f"Authorization: {self.scheme} {self.token}", "Content-Type: application/json")
        volumes, volume = (f"/{self.environment}/{path}" for path in (self.volumes, self.volume))
        return {
            "get": RequestTemplate("GET", volume, headers=headers),
            "list": RequestTemplate("GET", volumes, headers=headers),  # 100 unless told
            "create": RequestTemplate("POST", volumes, json.dumps(NEW), headers),
            "update": RequestTemplate(
                "PATCH", volume, '{"description": "changed {serial}"}', headers
            ),
            "delete": RequestTemplate("DELETE", volume, headers=headers),
        }

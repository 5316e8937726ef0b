"""The baseline without rules, served by as many workers as there are cores."""

from __future__ import annotations

import json
import os
import secrets
import sys

from tests.benchmarks import rows
from tests.benchmarks.baselines import statements
from tests.benchmarks.operations import Wish
from tests.benchmarks.rows import SIZE
from tests.benchmarks.services.base import Service

APP = "tests.benchmarks.baselines.fastapi_app:app"


class FastApi(Service):
    name = "fastapi"
    title = "FastAPI and psycopg: raw SQL, no rules, no roles, no history"

    @staticmethod
    def runs_on(database: str) -> bool:
        return database == "postgresql"

    def make_tables(self) -> None:
        for statement in statements.TABLES.split(";"):
            if statement.strip():
                self.database.execute(statement)
        self.token = secrets.token_urlsafe(32)
        self.database.execute("INSERT INTO token VALUES (%s, 'alice')", self.token)

    def start(self) -> None:
        self.make_tables()
        command = ("granian", "--interface", "asgi", "--workers", str(os.cpu_count() or 1))
        self.run(
            *(sys.executable, "-m", *command, "--host", "127.0.0.1", "--port", str(self.port), APP),
            DATABASE_URL=self.database.url,
        )
        self.wait_for("/")

    def load(self, numbers: range) -> None:
        found = rows.rows(numbers, self.environment, "alice")
        self.database.fill("volume", rows.COLUMNS, found)

    def forget(self) -> None:
        self.database.execute("DELETE FROM volume WHERE created_at > %s", rows.made_at(self.size))

    def wishes(self) -> dict[str, Wish]:
        headers = (f"Authorization: Bearer {self.token}", "Content-Type: application/json")
        volumes = f"/{self.environment}/volume"
        one = f"{volumes}/{{id}}"
        new = {
            "name": "made-{number}",
            "size": SIZE,
            "mount_path": "/data/made-{number}",
            "labels": {"tier": "database"},
        }
        return {
            "get": Wish("GET", one, headers=headers),
            "list": Wish("GET", f"{volumes}?limit=100", headers=headers),
            "create": Wish("POST", volumes, json.dumps(new), headers),
            "update": Wish("PUT", one, '{"description": "changed {serial}"}', headers),
            "delete": Wish("DELETE", one, headers=headers),
        }

"""The baseline without rules, served by as many workers as there are cores."""

from __future__ import annotations

import os
import secrets
import sys
from typing import ClassVar

from tests.benchmarks.baselines import statements
from tests.benchmarks.services.baseline import Baseline

APP = "tests.benchmarks.baselines.fastapi_app:app"


class FastApi(Baseline):
    name = "fastapi"
    title = "FastAPI and psycopg: raw SQL, no rules, no roles, no history"
    databases: ClassVar[frozenset[str]] = frozenset({"postgresql"})
    spare_a_second = 3000
    scheme, volumes, volume = "Bearer", "volume", "volume/{id}"

    def start(self) -> None:
        self.make_tables()
        workers = str(os.cpu_count() or 1)
        self.run(
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--workers", workers),
            *("--host", "127.0.0.1", "--port", str(self.port), APP),
            DATABASE_URL=self.database.url,
        )
        self.wait_for("/")

    def make_tables(self) -> None:
        for statement in statements.TABLES:
            self.database.execute(statement)
        self.token = secrets.token_urlsafe(32)
        self.database.execute("INSERT INTO token VALUES (%s, 'alice')", self.token)

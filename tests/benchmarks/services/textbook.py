"""The textbook: Django REST framework's tutorial, served by gunicorn as its documentation says."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.benchmarks import rows
from tests.benchmarks.operations import Wish
from tests.benchmarks.rows import SIZE
from tests.benchmarks.services.base import Service
from tests.support.installation import ROOT

SETTINGS = "tests.benchmarks.baselines.textbook.settings"
WSGI = "tests.benchmarks.baselines.textbook.wsgi"


class Textbook(Service):
    name = "textbook"
    title = "textbook DRF: ModelViewSet, default tokens, page numbers, gunicorn"

    def start(self) -> None:
        self.environ = {"DATABASE_URL": self.database.url, "DJANGO_SETTINGS_MODULE": SETTINGS}
        self.manage("migrate", "--run-syncdb", "--verbosity", "0")
        self.manage("createsuperuser", "--noinput", "--username", "alice", "--email", "")
        self.token = self.manage("drf_create_token", "alice").split()[2]
        workers = 2 * (os.cpu_count() or 1) + 1
        gunicorn = ("gunicorn", "--workers", str(workers), "--bind", f"127.0.0.1:{self.port}")
        self.run(sys.executable, "-m", *gunicorn, WSGI, **self.environ)
        self.wait_for("/")

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environ, "DJANGO_SUPERUSER_PASSWORD": self.home.name},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout

    def load(self, numbers: range) -> None:
        found = rows.rows(numbers, self.environment, "alice")
        self.database.fill("volume", rows.COLUMNS, found)

    def forget(self) -> None:
        self.database.execute("DELETE FROM volume WHERE created_at > %s", rows.made_at(self.size))

    def wishes(self) -> dict[str, Wish]:
        headers = (f"Authorization: Token {self.token}", "Content-Type: application/json")
        volumes = f"/{self.environment}/volumes/"
        one = f"{volumes}{{id}}/"
        new = {
            "name": "made-{number}",
            "size": SIZE,
            "mount_path": "/data/made-{number}",
            "labels": {"tier": "database"},
        }
        return {
            "get": Wish("GET", one, headers=headers),
            "list": Wish("GET", volumes, headers=headers),
            "create": Wish("POST", volumes, json.dumps(new), headers),
            "update": Wish("PATCH", one, '{"description": "changed {serial}"}', headers),
            "delete": Wish("DELETE", one, headers=headers),
        }

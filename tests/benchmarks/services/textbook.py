"""The textbook: Django REST framework's tutorial, served by gunicorn as its documentation says."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.benchmarks.services.baseline import Baseline
from tests.support.installation import ROOT

BASELINE = "tests.benchmarks.baselines.textbook"


class Textbook(Baseline):
    name = "textbook"
    title = "textbook DRF: ModelViewSet, default tokens, page numbers, gunicorn"
    spare_a_second = 1000
    scheme, volumes, volume = "Token", "volumes/", "volumes/{id}/"

    def start(self) -> None:
        self.environ = {
            "DATABASE_URL": self.database.url,
            "DJANGO_SETTINGS_MODULE": f"{BASELINE}.settings",
            "DJANGO_SUPERUSER_PASSWORD": "of no use",
        }
        self.manage("migrate", "--run-syncdb", "--verbosity", "0")
        self.manage("createsuperuser", "--noinput", "--username", "alice", "--email", "")
        self.token = self.manage("drf_create_token", "alice").split()[2]
        workers = 2 * (os.cpu_count() or 1) + 1
        gunicorn = ("gunicorn", "--workers", str(workers), "--bind", f"127.0.0.1:{self.port}")
        self.run(sys.executable, "-m", *gunicorn, f"{BASELINE}.wsgi", **self.environ)
        self.wait_for("/")

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        ).stdout

"""What the database allows: no server at all."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.benchmarks import wrk
from tests.benchmarks.operations import Operation
from tests.benchmarks.services.fastapi import FastApi
from tests.support.installation import ROOT


class Limit(FastApi):
    name = "limit"
    title = "the same SQL through psycopg, no HTTP: the limit"
    spare_a_second = 6000

    def start(self) -> None:
        self.make_tables()

    def cpu(self) -> float:
        return 0.0  # whoever asks is no service

    def drive(self, operation: Operation, clients: int, seconds: int) -> wrk.Result:
        task = {
            "url": self.database.url,
            "token": self.token,
            "environment": str(self.environment),
            "operation": operation.name,
            "clients": clients,
            "seconds": seconds,
            **vars(self.span(operation)),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.baselines.limit", json.dumps(task)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds + wrk.PATIENCE,
            check=False,
        )
        if done.returncode:
            raise wrk.Failed(f"{self.name}: {done.stderr[-2000:]}")
        return wrk.checked(wrk.parsed(done.stdout))

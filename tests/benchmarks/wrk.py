"""Send requests to a server by wrk, and parse its output."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.operations import RequestTemplate
from tests.benchmarks.rows import WORDS

SCRIPT = Path(__file__).with_name("drive.lua")
PATIENCE = 30
"""Seconds that a run may take beyond its own."""


class Failed(Exception):
    """A run that says nothing, because not every request was answered as it should be."""


@dataclass(frozen=True)
class Result:
    """One run. Percentiles in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    """Answers of status 400 and above."""
    broken: int
    """Connections that failed, and answers that took too long."""


@dataclass(frozen=True)
class Span:
    """The volumes that a run is about, by number: at random, or each in turn."""

    first: int
    last: int
    order: str = "any"


def installed() -> bool:
    return shutil.which("wrk") is not None


def drive(port: int, spec: RequestTemplate, span: Span, *, clients: int, seconds: int) -> Result:
    """One run against 127.0.0.1. Raises Failed if one answer was not a success."""
    headers = [part for header in spec.headers for part in ("-H", header)]
    done = subprocess.run(
        [
            *("wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", *headers),
            *("-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--"),
            *(spec.method, spec.path, spec.body, str(span.first), str(span.last), span.order),
            ",".join(WORDS),
        ],
        capture_output=True,
        text=True,
        timeout=seconds + PATIENCE,
        check=False,
    )
    if done.returncode:
        raise Failed(f"wrk: {done.stderr.strip() or done.stdout.strip()}")
    try:
        return checked(parsed(done.stdout))
    except Failed as failed:
        raise Failed(f"{spec.method} {spec.path}, {clients} clients: {failed}") from None


def parsed(output: str) -> Result:
    """The line that `done` of the script prints, among wrk's own."""
    line = next((line for line in output.splitlines() if line.startswith("{")), None)
    if line is None:
        raise Failed(f"no result in {output!r}")
    return Result(**json.loads(line))


def checked(result: Result) -> Result:
    """The result, if no answer was a refusal and none failed to come."""
    if result.refused or result.broken:
        raise Failed(
            f"of {result.requests} requests {result.refused} were refused, {result.broken} broke off"
        )
    return result

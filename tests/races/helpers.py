"""Helpers of the race tests."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from tests.support.installation import Installation, Process, eventually
from tests.support.invariants import UNSETTLED
from tests.support.server import Server
from tests.support.wire import Answer, Request, Wire

CLIENTS = 32

LEASED = "SELECT id FROM volumes_volume WHERE lease_until IS NOT NULL"

WISHES = """
from accounts.callers import SYSTEM
from volumes.models import Environment, Snapshot
from volumes.services.creation import create_volume
from volumes.specs.volume import VolumeSpec

for number in range({count}):
    name = f"{name}-{{number}}"
    create_volume(
        environment=Environment.objects.get(),
        spec=VolumeSpec(name=name, size=1, mount_path=f"/data/{{name}}"),
        snapshots=Snapshot.objects.none(),
        actor=SYSTEM,
    )
"""


def create(environment: str, name: str, size: int = 10, **headers: str) -> Request:
    return Request("POST", f"{environment}/volume", {"name": name, "size": size}, headers)


def clone(environment: str, name: str, snapshot: str) -> Request:
    spec = {"name": name, "size": 10, "restoreFrom": snapshot.rpartition("/")[2]}
    return Request("POST", f"{environment}/volume", spec)


def put(path: str, body: Any, **headers: str) -> Request:
    return Request("PUT", path, body, headers)


def delete(path: str) -> Request:
    return Request("DELETE", path)


def restore(path: str) -> Request:
    return Request("POST", f"{path}/restore")


def statuses(answers: list[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)


def codes(answers: list[Answer]) -> list[set[str]]:
    """Return the error codes of each refused response."""
    return [answer.codes for answer in answers if answer.status in {400, 409}]


def alternating(first: list[Request], second: list[Request]) -> list[Request]:
    return [request for pair in zip(first, second, strict=True) for request in pair]


def outcomes(answers: list[Answer]) -> set[tuple[int, int]]:
    """Return the two statuses of each pair of alternating requests."""
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return {(first.status, second.status) for first, second in pairs}


def plant_witnesses(server: Server) -> None:
    """Create a volume and a snapshot of another company, whose data no test may change."""
    installation = server.installation
    made = installation.bootstrap("Bystander", "production", "bystander")
    theirs = Wire(server.port, made["token"])
    volume = theirs.post(f"/{made['environmentId']}/volume", {"name": "app-data", "size": 10}).body
    handle = installation.storage_root / volume["id"].removeprefix("vol-")
    (handle / "data" / "precious").write_bytes(os.urandom(100_000))
    path = f"/{made['environmentId']}/volume/{volume['id']}/snapshot"
    assert theirs.post(path).body["status"] == "ready"
    files = [handle / "data" / "precious", *handle.glob("snapshots/*/precious")]
    assert len(files) == 2
    installation.witnesses |= {file: file.read_bytes() for file in files}


def spec(installation: Installation, name: str, count: int) -> None:
    """Create that many volumes in the database. No reconciler provisions them yet."""
    code = WISHES.format(name=name, count=count)
    done = installation.run("shell", "--verbosity", "0", "-c", code)
    assert done.returncode == 0, done.stderr
    assert len(installation.rows(UNSETTLED)) >= count


def reconciler(installation: Installation) -> Process:
    return installation.start("reconcile", "--watch")


def freeze_at_work(installation: Installation, process: Process) -> None:
    """Freeze the process while it holds leases but no database lock."""

    def stop() -> None:
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.02)  # what it has sent to the database gets there

    def go_on() -> None:
        process.send_signal(signal.SIGCONT)

    def is_caught() -> bool:
        stop()
        while installation.rows(LEASED) and not installation.is_writable():
            go_on()
            time.sleep(0.002)
            stop()
        caught = bool(installation.rows(LEASED))
        if not caught:
            go_on()
        return caught

    eventually(is_caught, 20)


def end(process: Process) -> int:
    """Send SIGTERM to the process, frozen or not. Return its exit code."""
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    return process.wait(10)

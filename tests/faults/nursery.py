"""Processes of one installation without the second that each needs to start.

As a program it has the product loaded and forks a child for each task: a command, or a request as a
worker of the server answers it. What a child does and how it dies is its own; nothing is shared.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from tests.support.installation import ROOT, Installation
from tests.support.wire import Answer, Request

PATIENCE = 60
"""Seconds that a child may take; then it ends itself."""

KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Outcome:
    """How a child ended, as `subprocess` says it, and what it wrote to standard output."""

    code: int
    said: str


class Nursery:
    """The test's end of it."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        with installation.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery"],
                cwd=ROOT,
                env=installation.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        installation.started.append(self.process)

    def run(self, *arguments: str) -> Outcome:
        """A command, until it ends or is killed."""
        return self._ask({"command": arguments})

    def send(self, request: Request, *, inline: bool = True) -> Answer:
        """A request; status 0 where the process that worked on it was killed.

        `inline` says whether it makes the storage so itself, or leaves that to others.
        """
        token = self.installation.token
        outcome = self._ask({"request": asdict(request), "token": token, "inline": inline})
        if outcome.code == KILLED:
            return Answer(0)
        return Answer(**json.loads(outcome.said))

    def _ask(self, task: dict[str, Any]) -> Outcome:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(task).encode() + b"\n")
        self.process.stdin.flush()
        return Outcome(**json.loads(self.process.stdout.readline()))


def main() -> None:
    client = _load()
    for line in sys.stdin:
        print(json.dumps(_in_child(client, json.loads(line))), flush=True)


def _load() -> Any:
    """Everything that a child needs, but no connection: those must not be shared."""
    import django

    django.setup()
    from django.db import connections
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    client.get("/environments")
    connections.close_all()
    # What is there now stays: a child that collects garbage need not look at it, nor copy it.
    gc.freeze()
    return client


def _in_child(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.dup2(writing, 1)
        signal.alarm(PATIENCE)
        _work(client, task)
    os.close(writing)
    with open(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": said}


def _work(client: Any, task: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        code = _command(task["command"]) if "command" in task else _request(client, **task)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _command(arguments: list[str]) -> int:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(["manage.py", *arguments, "--skip-checks"])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _request(client: Any, request: dict[str, Any], token: str, inline: bool) -> int:
    from django.conf import settings

    settings.RECONCILE_INLINE = inline
    asked = Request(**request)
    headers = {name.replace("_", "-"): value for name, value in asked.headers.items()}
    response = client.generic(
        asked.method,
        asked.path,
        b"" if asked.body is None else json.dumps(asked.body).encode(),
        content_type="application/json",
        headers={**headers, "Authorization": f"Bearer {token}"},
    )
    found = {name.lower(): value for name, value in response.headers.items()}
    print(json.dumps(asdict(Answer(response.status_code, response.json(), found))))
    return 0


if __name__ == "__main__":
    main()

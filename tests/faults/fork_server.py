"""Runs commands and requests of one installation in forked processes, which need no second to start.

The program loads the product once and forks a child for each task: a command, or a request that is
answered as by a worker of the server. Children share nothing, so a test can kill any of them. One more
child lives as long as the program and answers the requests during which nothing is killed.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from tests.support.installation import ROOT, Installation
from tests.support.wire import Answer, Request

PATIENCE = 60
"""Seconds of one task. A child that takes longer ends itself."""

KILLED = -signal.SIGKILL

Ended = subprocess.CompletedProcess[str]
"""Exit code and standard output of a child. Standard error is in the log of the installation."""


class ForkServer:
    """The program, as a test uses it."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        with installation.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.fork_server"],
                cwd=ROOT,
                env=installation.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        installation.started.append(self.process)

    def run(self, *arguments: str) -> Ended:
        """Run a command until it ends or is killed."""
        return self._in_child("command", arguments)

    def send(self, request: Request, *, inline: bool = True) -> Answer:
        """Send a request to the permanent child.

        `inline` means that the request runs the step in the storage itself.
        """
        return Answer(**self._ask("request", [asdict(request), self.installation.token, inline]))

    def risk(self, request: Request) -> Answer:
        """A request, answered by a process of its own; status 0 where that was killed."""
        task = [asdict(request), self.installation.token, True]
        ended = self._in_child("risk", task)
        return Answer(0) if ended.returncode == KILLED else Answer(**json.loads(ended.stdout))

    def _in_child(self, way: str, task: Any) -> Ended:
        code, said = self._ask(way, task)
        return Ended(task, code, said, "")

    def _ask(self, *task: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(task).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def main() -> None:
    client = _load()
    steady = _steady(client)
    ways: dict[str, Callable[[list[Any]], Any]] = {
        "command": lambda arguments: _in_child(lambda: _command(arguments)),
        "request": steady,
        "risk": lambda request: _in_child(lambda: _tell(_request(client, *request))),
    }
    for line in sys.stdin:
        way, task = json.loads(line)
        print(json.dumps(ways[way](task)), flush=True)


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


def _steady(client: Any) -> Callable[[list[Any]], Any]:
    """Asks a child that answers one request after the other, until its parent is gone."""
    here, there = Pipe()
    if os.fork() == 0:
        here.close()
        _answer(client, there)
    there.close()

    def ask(request: list[Any]) -> Any:
        here.send(request)
        return here.recv()

    return ask


def _answer(client: Any, requests: Connection) -> NoReturn:
    try:
        while True:
            request = requests.recv()
            signal.alarm(PATIENCE)
            requests.send(_request(client, *request))
            signal.alarm(0)
    finally:
        os._exit(0)


def _in_child(work: Callable[[], int]) -> tuple[int, str]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.dup2(writing, 1)
        signal.alarm(PATIENCE)
        _work(work)
    os.close(writing)
    with open(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), said


def _work(work: Callable[[], int]) -> NoReturn:
    code = 1
    try:
        code = work()
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


def _request(client: Any, request: dict[str, Any], token: str, inline: bool) -> dict[str, Any]:
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
    return asdict(Answer(response.status_code, response.json(), found))


def _tell(answer: dict[str, Any]) -> int:
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    main()

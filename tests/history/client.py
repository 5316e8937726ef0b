"""One client, a process of its own: the standard library only, so that it starts at once.

It reads its task, asks until it is told to end (SIGTERM), and writes down each invocation before it
sends it and each answer once it has it. It may be killed at any moment.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from tests.history.choices import Choices, Invocation
from tests.support.wire import Wire


class Client:
    def __init__(self, task: dict[str, Any]) -> None:
        self.wire = Wire(task["port"], task["token"])
        self.goes_on = True
        self.choices = Choices(
            task["name"], task["seed"], task["places"], task["weights"], task["room"]
        )

    def run(self, log: TextIO) -> None:
        number = 0
        while self.goes_on:
            if self._is_connected():
                number += 1
                self._do(log, number, self.choices.next())

    def end(self, *signal: object) -> None:
        """After the present operation."""
        self.goes_on = False

    def _is_connected(self) -> bool:
        """Only what is sent counts as an operation, not that nobody listens."""
        if self.wire.connection.sock is None:
            try:
                self.wire.connection.connect()
            except OSError:
                time.sleep(0.05)
                return False
        return True

    def _do(self, log: TextIO, number: int, invocation: Invocation) -> None:
        _write(log, number=number, began=time.monotonic(), **invocation.written())
        answer = self.wire.send(invocation.request)
        _write(log, number=number, ended=time.monotonic(), status=answer.status, answer=answer.body)
        self.choices.learn(invocation, answer)
        if answer.status in {0, 503}:
            time.sleep(0.05)  # it says itself: not now


def _write(log: TextIO, **line: Any) -> None:
    log.write(json.dumps(line) + "\n")
    log.flush()


def main() -> None:
    task = json.loads(sys.stdin.readline())
    with Path(task["log"]).open("x") as log:
        client = Client(task)
        signal.signal(signal.SIGTERM, client.end)
        client.run(log)


if __name__ == "__main__":
    main()

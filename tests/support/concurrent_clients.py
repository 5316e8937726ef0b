"""Many concurrent clients, each in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Self

from tests.support import wire
from tests.support.wire import Answer, Request

Member = subprocess.Popen[str]


class StartedRequests:
    """Requests that have been started."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members

    def answers(self) -> list[list[Answer]]:
        """Return the responses of each member, in the order of the tasks."""
        return [[Answer(**found) for found in json.loads(_hear(member))] for member in self.members]


class ConcurrentClients:
    """Client processes that send their requests at the same moment."""

    def __init__(self, size: int) -> None:
        # Isolated (-I -S): the clients need nothing of the project, and start much faster.
        command = [sys.executable, "-I", "-S", wire.__file__]
        self.members = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(size)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for member in self.members:
            member.kill()
            member.communicate()

    def start(self, port: int, token: str, tasks: Sequence[Sequence[Request]]) -> StartedRequests:
        """Give each member its task. All start once all are connected."""
        assert len(tasks) <= len(self.members)
        rush = StartedRequests(self.members[: len(tasks)])
        for member, requests in zip(rush.members, tasks, strict=True):
            task = {"port": port, "token": token, "requests": [vars(one) for one in requests]}
            _tell(member, json.dumps(task))
        for member in rush.members:
            assert _hear(member) == "ready\n"
        for member in rush.members:
            _tell(member, "go")
        return rush

    def send_at_once(self, port: int, token: str, requests: Sequence[Request]) -> list[Answer]:
        """Send one request from each member at once. Return the responses in the same order."""
        tasks = [[request] for request in requests]
        return [answers[0] for answers in self.start(port, token, tasks).answers()]


def _tell(member: Member, line: str) -> None:
    assert member.stdin is not None
    member.stdin.write(line + "\n")
    member.stdin.flush()


def _hear(member: Member) -> str:
    assert member.stdout is not None
    return member.stdout.readline()

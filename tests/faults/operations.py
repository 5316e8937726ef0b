"""The operations that the campaign kills: how each begins, its request, and its expected result."""

from __future__ import annotations

import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tests.faults.fork_server import KILLED, Ended
from tests.support.installation import Installation, eventually
from tests.support.wire import Answer, Request

CONTENT = {"note": "kept", "below/deeper/one": "1" * 5000, "below/two": "2"}
"""Files of every volume that there is to begin with, by path."""


@dataclass
class World:
    """Where it happens: an installation, an environment in it, and ways to ask."""

    installation: Installation
    environment: str
    send: Callable[[Request], Answer]
    run: Callable[..., Ended]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """As a careful client does: what is answered with "try again soon" is asked again."""
        request = Request(method, f"{self.environment}/{path}", body, headers)
        answers: list[Answer] = []

        def is_answered() -> bool:
            answers.append(self.send(request))
            return answers[-1].status != 503

        eventually(is_answered)
        return answers[-1]

    def data(self, volume: str) -> Path:
        return self.installation.storage_root / volume.removeprefix("vol-") / "data"


@dataclass
class Operation(ABC):
    """One thing that is done to a volume of its own, whose name no other one has."""

    title: ClassVar[str]

    name: str
    volume: str = ""
    """The identifier of the volume, once it is known."""
    heard: list[Answer | Ended] = field(default_factory=list)

    def prepare(self, world: World) -> None:  # noqa: B027  (some begin with nothing)
        """Make what it begins with."""

    @abstractmethod
    def ask(self, world: World) -> bool:
        """Do it, or do it again. False where the process that was asked has died."""

    @abstractmethod
    def check(self, world: World) -> None:
        """What must be there once everything has settled."""

    def _sent(self, world: World, method: str, path: str, body: Any, *accepted: int) -> bool:
        answer = world.ask(method, path, body, Idempotency_Key=f"key of {self.name}")
        assert answer.status in {0, *accepted}, answer
        self.heard.append(answer)
        return answer.status != 0

    def _made(self) -> set[str]:
        """The identifiers of what the answers say was made."""
        return {
            answer.body["id"]
            for answer in self.heard
            if isinstance(answer, Answer) and answer.status
        }


class Create(Operation):
    title = "create"

    def ask(self, world: World) -> bool:
        return self._sent(world, "POST", "volume", self._spec(world), 201)

    def _spec(self, world: World) -> dict[str, Any]:
        return {"name": self.name, "size": 10}

    def check(self, world: World) -> None:
        # However often it was asked for, it is one, and always the same.
        found = world.ask("GET", f"volume?nameIs={self.name}&includeDeleted=true").body
        assert {volume["id"] for volume in found} == self._made(), found
        assert [volume["status"] for volume in found] == ["ready"], found
        assert content(world.data(found[0]["id"])) == self._expected()

    def _expected(self) -> dict[str, str]:
        return {}


class CreateOverForeignData(Create):
    """An engine makes the directory that it is to mount before Holdfast does."""

    title = "create over foreign data"

    def ask(self, world: World) -> bool:
        is_answered = super().ask(world)
        for volume in self._made():
            world.data(volume).mkdir(parents=True, exist_ok=True)
        return is_answered


class WithVolume(Operation, ABC):
    """Begins with a volume that holds something."""

    def prepare(self, world: World) -> None:
        answer = world.ask("POST", "volume", {"name": self.name, "size": 10})
        assert (answer.status, answer.body.get("status")) == (201, "ready"), answer
        self.volume = answer.body["id"]
        fill(world.data(self.volume))

    def _volume(self, world: World) -> Any:
        return world.ask("GET", f"volume/{self.volume}").body


class Grow(WithVolume):
    title = "grow"

    def ask(self, world: World) -> bool:
        return self._sent(world, "PUT", f"volume/{self.volume}", {"size": 20}, 200)

    def check(self, world: World) -> None:
        volume = self._volume(world)
        assert (volume["status"], volume["size"], volume["provisionedSize"]) == ("ready", 20, 20)
        assert volume["version"] == 2
        assert content(world.data(self.volume)) == CONTENT


class Delete(WithVolume):
    title = "delete"

    def ask(self, world: World) -> bool:
        return self._sent(world, "DELETE", f"volume/{self.volume}", None, 200, 404)

    def check(self, world: World) -> None:
        assert world.ask("GET", f"volume/{self.volume}").status == 404
        (volume,) = world.ask("GET", f"volume?nameIs={self.name}&includeDeleted=true").body
        assert (volume["status"], volume["version"]) == ("deleted", 2)
        assert not world.data(self.volume).parent.exists()


class TakeSnapshot(WithVolume):
    title = "snapshot"

    def ask(self, world: World) -> bool:
        return self._sent(world, "POST", f"volume/{self.volume}/snapshot", {"name": "copy"}, 201)

    def check(self, world: World) -> None:
        found = world.ask("GET", f"volume/{self.volume}/snapshot").body
        assert {snapshot["id"] for snapshot in found} == self._made(), found
        assert [snapshot["status"] for snapshot in found] == ["ready"], found
        assert content(snapshot_of(world, self.volume, found[0]["id"])) == CONTENT


class WithSnapshot(WithVolume, ABC):
    """Begins with a volume and a snapshot of it."""

    snapshot: str

    def prepare(self, world: World) -> None:
        super().prepare(world)
        answer = world.ask("POST", f"volume/{self.volume}/snapshot", {"name": "copy"})
        assert (answer.status, answer.body.get("status")) == (201, "ready"), answer
        self.snapshot = answer.body["id"]


class DeleteSnapshot(WithSnapshot):
    title = "delete snapshot"

    def ask(self, world: World) -> bool:
        path = f"volume/{self.volume}/snapshot/{self.snapshot}"
        return self._sent(world, "DELETE", path, None, 200, 404)

    def check(self, world: World) -> None:
        assert world.ask("GET", f"volume/{self.volume}/snapshot").body == []
        assert not snapshot_of(world, self.volume, self.snapshot).exists()
        assert content(world.data(self.volume)) == CONTENT


class Clone(Create):
    """Create, filled from a snapshot of another volume."""

    title = "clone"

    def prepare(self, world: World) -> None:
        self.source = DeleteSnapshot(f"{self.name}-source")
        self.source.prepare(world)

    def _spec(self, world: World) -> dict[str, Any]:
        return {**super()._spec(world), "restoreFrom": self.source.snapshot}

    def _expected(self) -> dict[str, str]:
        return CONTENT


class Adopt(Operation):
    """By a command, which takes the step itself."""

    title = "adopt"

    def prepare(self, world: World) -> None:
        fill(self._path(world))

    def ask(self, world: World) -> bool:
        environment = world.environment.strip("/")
        names = ("--environment", environment, "--name", self.name, "--size", "10")
        ended = world.run("adopt_volume", *names, str(self._path(world)))
        # Its name is taken where the first attempt got as far as the row.
        assert ended.returncode in {0, 1, KILLED}, ended
        return ended.returncode != KILLED

    def check(self, world: World) -> None:
        (volume,) = world.ask("GET", f"volume?nameIs={self.name}&includeDeleted=true").body
        assert (volume["status"], volume["version"]) == ("ready", 1)
        assert content(world.data(volume["id"])) == CONTENT
        assert not self._path(world).exists()

    def _path(self, world: World) -> Path:
        return world.installation.home / "old" / self.name


class Accept(WithVolume):
    """Data that vanished, and an empty directory in its place that a command accepts."""

    title = "accept"

    def prepare(self, world: World) -> None:
        super().prepare(world)
        shutil.rmtree(world.data(self.volume))
        world.data(self.volume).mkdir()

    def ask(self, world: World) -> bool:
        ended = world.run("accept_data", self.volume)
        # There is nothing left to accept where the first attempt got as far as the mark.
        assert ended.returncode in {0, 1, KILLED}, ended
        return ended.returncode != KILLED

    def check(self, world: World) -> None:
        assert self._volume(world)["status"] == "ready"
        assert content(world.data(self.volume)) == {}
        entries = world.ask("GET", f"volume/{self.volume}/history").body
        assert [entry["action"] for entry in entries].count("accept_data") == 1, entries


class CleanUp(Operation):
    """Data that no row knows, removed by the command."""

    title = "clean-up"

    def prepare(self, world: World) -> None:
        self.volume = str(uuid.uuid4())
        fill(world.data(self.volume))

    def ask(self, world: World) -> bool:
        options = ("--older-than", "0", "--no-input")
        ended = world.run("remove_orphaned_data", *options)
        assert ended.returncode in {0, KILLED}, ended
        return ended.returncode != KILLED

    def check(self, world: World) -> None:
        assert not world.data(self.volume).parent.exists()


def fill(directory: Path) -> None:
    for name, text in CONTENT.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


def content(directory: Path) -> dict[str, str]:
    files = [path for path in directory.rglob("*") if not path.is_dir()]
    return {str(path.relative_to(directory)): path.read_text() for path in files}


def snapshot_of(world: World, volume: str, snapshot: str) -> Path:
    beside = world.data(volume).with_name("snapshots")
    return beside / snapshot.removeprefix("snap-")

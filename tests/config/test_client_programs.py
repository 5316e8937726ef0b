"""pg_dump and pg_restore: found, checked, and run without a secret on their command line."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from config.db.postgresql.client_programs import ClientProgramError, ClientPrograms

PARAMETERS = {
    "dbname": "holdfast",
    "user": "holdfast",
    "password": "secret word",
    "host": "db",
    "prepare_threshold": 5,
    "pool": {"min_size": 1},
}
Install = Callable[[str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a script in the place of pg_dump and pg_restore."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def installed(script: str) -> None:
        for name in ("pg_dump", "pg_restore"):
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)

    return installed


VERSION = 'if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 15.4 (Debian)"; exit; fi'


def dump(server_version: int = 150004) -> str:
    written = io.BytesIO()
    programs = ClientPrograms(PARAMETERS, server_version)
    programs.dump(["volumes_volume"], "0-1", written, lambda size: None)
    return written.getvalue().decode()


def test_password_is_in_the_environment_only(install: Install) -> None:
    install(f'{VERSION}\necho "$@"; echo "password=$PGPASSWORD"')
    arguments, password = dump().splitlines()
    assert "secret" not in arguments
    assert "host=db" in arguments
    assert '--table="volumes_volume"' in arguments
    assert "--snapshot=0-1" in arguments
    assert password == "password=secret word"


def test_older_program_is_refused_with_the_cure(install: Install) -> None:
    install(VERSION)
    with pytest.raises(ClientProgramError, match=r"older than the server .*postgresql-client-17"):
        dump(170002)


def test_missing_program_is_refused_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClientProgramError, match="pg_dump is not installed: install"):
        dump()


def test_failure_is_one_line(install: Install) -> None:
    install(f'{VERSION}\necho "pg_dump: error: no such table" >&2; echo "more" >&2; exit 1')
    with pytest.raises(ClientProgramError) as raised:
        dump()
    assert str(raised.value) == "pg_dump failed: no such table"


def test_entries_of_a_dump_are_listed_without_comments(install: Install, tmp_path: Path) -> None:
    install(f"{VERSION}\necho '; a comment'; echo; echo '1; 2 TABLE'")
    assert ClientPrograms(PARAMETERS, 150004).list_entries(tmp_path / "x") == ["1; 2 TABLE"]

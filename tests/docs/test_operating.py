"""The commands of an operator's day in docs/operating.md work, word for word."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import DOCS, shell_lines
from tests.support.installation import ROOT, installed

pytestmark = [pytest.mark.races, pytest.mark.xdist_group("races")]
CHAPTERS = ("Add people", "Clean up", "Somebody left")
ANSWERS = {"prune_history": "yes\n", "remove_company": "Acme\n", "erase_person": "yes\n"}
"""What an operator types at the question of a command."""


def run(line: str, directory: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program, manage, command, *arguments = shlex.split(line)
    assert (program, manage) == (".venv/bin/python", "manage.py")
    return subprocess.run(
        [sys.executable, str(ROOT / manage), command, *arguments],
        cwd=directory,
        env=environ,
        input=ANSWERS.get(command, ""),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_people_and_companies_come_and_go_as_the_chapters_say(tmp_path: Path) -> None:
    lines = [line for chapter in CHAPTERS for line in shell_lines(DOCS / "operating.md", chapter)]
    assert len(lines) > 8
    with installed(tmp_path / "data") as installation:
        first = installation.run("shell", "-v0", "-c", AGE)
        assert first.returncode == 0, first.stderr
        for line in lines:
            done = run(line, tmp_path, installation.environ)
            assert (line, done.returncode) == (line, 0), done.stdout + done.stderr
        assert installation.run("verify", "--settled").returncode == 0
        names = {name for (name,) in installation.rows("SELECT username FROM accounts_user")}
        companies = installation.rows("SELECT name FROM accounts_company WHERE name = 'Acme'")
    assert "carol" not in names
    assert companies == []
    assert list(tmp_path.glob("*.jsonl"))


AGE = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import Revision
Revision.objects.update(at=timezone.now() - timedelta(days=400))
"""

"""Fixture `run`: run a management command as an operator does, and return output and exit code."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """`run("purge_deleted_volumes", "--json", stdin="yes")`"""

    def execute(name: str, *arguments: str, stdin: str = "") -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        command: Any = load_command_class(get_commands()[name], name)
        command._called_from_command_line = True  # as the shell does it: usage errors exit with 2
        try:
            call_command(command, *arguments, stdout=out, stderr=err)
        except CommandError as error:
            return Outcome(error.returncode, out.getvalue(), f"{err.getvalue()}{error}")
        except SystemExit as stopped:
            return Outcome(int(str(stopped.code)), out.getvalue(), capsys.readouterr().err)
        return Outcome(0, out.getvalue(), err.getvalue())

    return execute

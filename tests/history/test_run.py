"""A run while clients, workers, servers and the database are killed: no response is wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.history.nemesis import PERIODS
from tests.history.recording import record
from tests.history.run import Plan, Run
from tests.support.installation import ROOT

pytestmark = [pytest.mark.races, pytest.mark.xdist_group("history")]

IS_FILE = not os.environ.get("DATABASE_URL")
RESTARTED = PERIODS.keys() - ({"database"} if IS_FILE else set())
"""What can be killed: a file has nothing to restart."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("history")
    plan = Plan("suite", seconds=12, clients=5, at_least=300)
    return record(plan, home, "sqlite" if IS_FILE else "postgresql")


def checked_again(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.history", "--check", str(directory)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_responses_are_consistent_with_each_other_and_the_final_state(run: Run) -> None:
    assert run.anomalies() == []


def test_the_run_had_enough_operations_of_each_kind(run: Run) -> None:
    operations = run.operations
    assert run.kills.keys() == RESTARTED
    assert len(operations) >= 300
    assert {"create", "put", "list"} <= {one.kind for one in operations if one.accepted}
    assert any(one.is_open for one in operations)


def test_a_recorded_run_is_checked_again_with_the_same_result(run: Run) -> None:
    done = checked_again(run.directory)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"operations: {len(run.operations)} " in done.stdout
    assert "anomalies:  0\n" in done.stdout


def test_an_inconsistent_recorded_run_exits_with_1(run: Run, tmp_path: Path) -> None:
    copied = shutil.copytree(run.directory, tmp_path / "copied")
    final = json.loads((copied / "final.json").read_text())
    next(iter(final["volumes"].values()))["size"] += 1
    (copied / "final.json").write_text(json.dumps(final))
    done = checked_again(copied)
    assert done.returncode == 1
    assert "row_differs: vol-" in done.stdout

"""Whether volumes can belong to VOLUME_UID and VOLUME_GID."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends.helpers import NOBODY, run_as_nobody
from tests.support.installation import ROOT
from tests.support.needs import needs
from volumes.backends.privileges import ownership_problem

needs_root = needs(os.geteuid() == 0, "only root may become another user")


@needs_root
@pytest.mark.parametrize(("uid", "gid"), [(None, None), (1234, 1234), (0, 0)])
def test_root_can_set_every_owner(uid: int | None, gid: int | None) -> None:
    assert ownership_problem(uid, gid) == ""


@pytest.mark.parametrize(("uid", "gid"), [(None, None), (NOBODY, NOBODY)])
@needs_root
def test_the_servers_own_user_and_group_need_no_privileges(
    uid: int | None, gid: int | None
) -> None:
    assert run_as_nobody(ownership_problem, uid, gid) == ""


@needs_root
@pytest.mark.parametrize(
    ("uid", "gid", "named"),
    [
        (1234, None, "VOLUME_UID=1234: "),
        (None, 1234, "VOLUME_GID=1234: "),
        (0, 0, "VOLUME_UID=0 and VOLUME_GID=0: "),
    ],
)
def test_another_user_or_group_needs_capabilities(
    uid: int | None, gid: int | None, named: str
) -> None:
    said = run_as_nobody(ownership_problem, uid, gid)
    assert said.startswith(f"{named}the server's user {NOBODY} lacks CAP_CHOWN")


@needs(os.geteuid() == 0 and bool(shutil.which("setpriv")), "only root may drop its capabilities")
@pytest.mark.parametrize("command", ["serve", "check", "reconcile", "quickstart", "verify"])
def test_a_server_that_cannot_set_the_owner_does_not_start(tmp_path: Path, command: str) -> None:
    dropped = ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"]
    environ = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "VOLUME_UID": "1234"}
    done = subprocess.run(
        [*dropped, sys.executable, "manage.py", command],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("holdfast: VOLUME_UID=1234: the server's user 0 lacks CAP_CHOWN")

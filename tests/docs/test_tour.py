"""The tour in the README is a script that works, word for word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import fenced
from tests.support.installation import ROOT, installed
from tests.support.server import Server, serving

pytestmark = [pytest.mark.races, pytest.mark.xdist_group("races")]


def walk(server: Server) -> subprocess.CompletedProcess[str]:
    script = fenced(ROOT / "README.md", "tour").replace(".venv/bin/python", sys.executable)
    environ = {**server.installation.environ, "HOLDFAST": f"http://127.0.0.1:{server.port}"}
    # Every step must succeed; the refused delete says `|| echo` in the tour itself.
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_tour_leads_through_the_whole_life_of_a_volume(tmp_path: Path) -> None:
    with installed(tmp_path) as installation, serving(installation) as server:
        done = walk(server)
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"code":"system_path"' in done.stdout
        assert '"code": "in_use"' in done.stdout
        assert installation.backings() == set()


def test_a_volume_filled_from_a_snapshot_has_its_content(tmp_path: Path) -> None:
    with installed(tmp_path) as installation, serving(installation) as server:
        environment = server.environment()
        volume, application = server.volume(environment), server.application(environment)
        wire = server.wire()
        attached = wire.post(f"{volume}/attachment", {"appIdRef": application.rpartition("/")[2]})
        Path(attached.body["source"], "note").write_text("still here")
        snapshot = wire.post(f"{volume}/snapshot", {}).body["id"]
        copy = server.volume(environment, "copy", restoreFrom=snapshot)
        copied = installation.storage_root / copy.rpartition("vol-")[2] / "data" / "note"
        assert copied.read_text() == "still here"

"""What a worker loads before its first answer, and what it leaves for those who ask for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.installation import ROOT

PROGRAM = "import config.serving, config.urls, json, sys; print(json.dumps(sorted(sys.modules)))"
ON_DEMAND = {
    "volumes.api.described",
    "drf_spectacular.utils",
    "drf_spectacular.openapi",
    "drf_spectacular.generators",
    "rest_framework.test",
    "limits",
    "segno",
    "qrcode",
    "PIL",
    "kubernetes",
    "granian.server",
}

COMMAND = """
import atexit, gc, runpy, sys
atexit.register(lambda: print(gc.get_freeze_count() > 0))  # the last to be called
sys.argv = ["manage.py", "check"]
runpy.run_path("manage.py", run_name="__main__")
"""


def test_what_is_not_used_is_not_loaded(tmp_path):
    loaded = json.loads(said_by(PROGRAM, tmp_path))
    assert "volumes.api.lane" in loaded
    assert ON_DEMAND & set(loaded) == set()


def test_a_command_that_ends_looks_for_no_garbage(tmp_path):
    assert said_by(COMMAND, tmp_path).splitlines()[-1] == "True"


def said_by(program, data):
    environ = {**os.environ, "DATA_DIR": str(data), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout

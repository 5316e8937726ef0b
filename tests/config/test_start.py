"""What a worker loads before its first answer, and what it leaves for those who ask for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.installation import ROOT

PROGRAM = "import config.server.app, config.urls, json, sys; print(json.dumps(sorted(sys.modules)))"
ON_DEMAND = {
    "volumes.api.openapi.registration",
    "drf_spectacular.utils",
    "drf_spectacular.openapi",
    "drf_spectacular.generators",
    "rest_framework.test",
    "qrcode",
    "PIL",
    "kubernetes",
    "granian.server",
}


def test_unused_modules_are_not_imported(tmp_path):
    environ = {**os.environ, "DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert "volumes.api.fast_path" in loaded
    assert ON_DEMAND & set(loaded) == set()

"""`manage.py quickstart` and `make run`, which calls it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.env import http_url
from tests.support.command_fixtures import Outcome
from tests.support.installation import ROOT, eventually, installed
from tests.support.postgres import free_port
from tests.support.server import PATIENCE_AT_START
from tests.support.wire import Wire
from volumes.management.commands.quickstart import public_url


@pytest.mark.races
@pytest.mark.xdist_group("races")
def test_quickstart_serves_and_prints_its_address_for_any_port(tmp_path: Path) -> None:
    port = free_port()
    with installed(tmp_path) as installation:
        installation.start("quickstart", "--bind", f"127.0.0.1:{port}")
        says = f"Log in at http://127.0.0.1:{port}/login"
        eventually(lambda: says in installation.log.read_text(), within=PATIENCE_AT_START)
        eventually(lambda: _answers(port), within=PATIENCE_AT_START)


def _answers(port: int) -> bool:
    try:
        return Wire(port, "").get("/readyz").status == 200
    except OSError:
        return False


@pytest.mark.parametrize(
    ("given", "bind", "printed"),
    [
        ("", ("127.0.0.1", 9000), "http://127.0.0.1:9000"),
        ("", ("0.0.0.0", 9000), "http://127.0.0.1:9000"),
        ("", ("::", 9000), "http://[::1]:9000"),
        ("", ("192.0.2.7", 9000), "http://192.0.2.7:9000"),
        ("https://volumes.example.com", ("127.0.0.1", 9000), "https://volumes.example.com"),
    ],
)
def test_quickstart_prints_public_url_or_where_it_listens(
    settings: Any, given: str, bind: tuple[str, int], printed: str
) -> None:
    settings.PUBLIC_URL = http_url("NO_SUCH_SETTING", given or "http://127.0.0.1:8000")
    assert public_url(*bind) == printed


def test_quickstart_refuses_an_address_that_is_none(run: Callable[..., Outcome], db: None) -> None:
    refused = run("quickstart", "--bind", "9000")
    assert refused.code == 2
    assert refused.err.strip().endswith("--bind must be like 127.0.0.1:8000, not '9000'")


@pytest.mark.parametrize(("given", "port"), [([], "8000"), (["PORT=9000"], "9000")])
def test_make_run_passes_the_port(given: list[str], port: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "run", *given], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.search(rf"quickstart --bind 127\.0\.0\.1:{port}$", done.stdout, re.MULTILINE)

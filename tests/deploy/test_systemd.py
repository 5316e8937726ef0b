"""The units in `deploy/systemd` are valid, and systemd rates them as well protected."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_documents import COMMANDS
from tests.support.documents import fenced
from tests.support.installation import ROOT
from tests.support.needs import needs

UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
MAX_EXPOSURE = 20
"""In tenths, as `systemd-analyze security --threshold` takes it: from 0, for none, to 100."""

analyzed = needs(ANALYZE is not None, "systemd-analyze is not installed")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ANALYZE), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def protection(service: Path) -> list[str]:
    """The lines of a unit about what the service may do."""
    text = service.read_text(encoding="utf-8")
    return text[text.index("# What the service may do.") :].partition("\n\n")[0].splitlines()


@analyzed
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        # The program must exist where systemd looks for it.
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/holdfast/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)
    units = [str(path) for path in tmp_path.iterdir() if path.suffix in {".service", ".timer"}]
    done = analyze("verify", "--man=no", *units)
    assert (done.returncode, done.stderr) == (0, "")


@analyzed
@pytest.mark.parametrize("drop_in", sorted(UNITS.glob("*.conf")), ids=lambda path: path.name)
def test_systemd_understands_every_drop_in(tmp_path: Path, drop_in: Path) -> None:
    text = (UNITS / "holdfast.service").read_text(encoding="utf-8")
    unit = tmp_path / "holdfast.service"
    unit.write_text(text.replace("/opt/holdfast/.venv/bin/python", sys.executable))
    added = tmp_path / "holdfast.service.d" / drop_in.name
    added.parent.mkdir()
    added.write_text(drop_in.read_text(encoding="utf-8"))
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


@analyzed
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_every_service_is_protected(service: Path) -> None:
    done = analyze("security", "--offline=yes", f"--threshold={MAX_EXPOSURE}", str(service))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_every_service_may_do_the_same(service: Path) -> None:
    assert protection(service) == protection(UNITS / "holdfast.service")


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_every_service_runs_commands_that_exist_as_its_own_user(service: Path) -> None:
    text = service.read_text(encoding="utf-8")
    commands = re.findall(r"manage\.py (\w+)", text.partition("[Service]")[2])
    assert commands
    assert set(commands) <= set(COMMANDS)
    assert "\nUser=holdfast\n" in text


@pytest.mark.parametrize("timer", sorted(UNITS.glob("*.timer")), ids=lambda path: path.name)
def test_every_timer_has_its_service(timer: Path) -> None:
    assert timer.with_suffix(".service") in SERVICES


def test_the_document_installs_and_enables_every_unit() -> None:
    copy, reload, enable = fenced(ROOT / "docs" / "operating.md", "systemd").splitlines()
    patterns = [Path(path) for path in copy.split()[1:-1]]
    assert {path for pattern in patterns for path in UNITS.glob(pattern.name)} == {
        *UNITS.glob("*.service"),
        *UNITS.glob("*.timer"),
    }
    assert {pattern.parent for pattern in patterns} == {Path("/opt/holdfast/deploy/systemd")}
    assert reload == "systemctl daemon-reload"
    started = {*UNITS.glob("*.timer"), UNITS / "holdfast.service"}
    assert {UNITS / unit for unit in enable.split()[3:]} == started

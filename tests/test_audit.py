"""`.ci/audit` passes only if all packages were checked, and prints how many were."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import ROOT

HOLE = {"id": "CVE-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}


def known(name: str, *holes: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": list(holes)}


def unknown(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": "not found"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two runtime packages, one more for tests, and one for another platform."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "requirements.txt").write_text("a==1.0 \\\n    --hash=x\nb[x,y]==1.0\n")
    (tmp_path / "requirements-dev.txt").write_text(
        "a==1.0\nb[x,y]==1.0\nc==1.0\nd==1.0 ; sys_platform == 'win32'\n"
    )
    (tmp_path / ".venv/bin").mkdir(parents=True)
    return tmp_path


def audit(project: Path, said: object, audit: str = "") -> tuple[int, str]:
    """Run the script with a fake pip-audit that prints this."""
    program = project / ".venv/bin/pip-audit"
    text = said if isinstance(said, str) else json.dumps({"dependencies": said})
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\necho no network >&2\nexit 1\n")
    program.chmod(0o755)
    return run(project, audit)


def run(project: Path, audit: str) -> tuple[int, str]:
    environ = {**os.environ, "AUDIT": audit}
    done = subprocess.run(
        [project / ".ci/audit"], env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_audit_passes_when_all_packages_were_checked(project: Path) -> None:
    code, text = audit(project, [known("a"), known("b"), known("c")])
    assert (code, text) == (0, "audit: looked up 3 of 3 packages, 0 with known holes\n")


@pytest.mark.parametrize(
    "said",
    [
        [known("a"), unknown("b"), known("c")],
        [unknown("a"), unknown("b"), unknown("c")],
        [known("a"), known("b")],
        [],
        "",
        "{}",
        "no JSON",
    ],
)
def test_audit_fails_when_packages_were_skipped_unless_it_is_optional(
    project: Path, said: object
) -> None:
    code, text = audit(project, said)
    assert code == 1
    assert "FAILED, because it is incomplete" in text
    code, text = audit(project, said, audit="optional")
    assert code == 0
    assert "INCOMPLETE" in text
    assert " of 3 packages" in text


@pytest.mark.parametrize("optional", ["", "optional"])
def test_audit_fails_for_a_known_vulnerability_even_if_optional(
    project: Path, optional: str
) -> None:
    code, text = audit(project, [known("a", HOLE), unknown("b"), known("c")], optional)
    assert code == 1
    assert "audit: a 1.0: CVE-2026-1, fixed in 2.0" in text


def test_audit_reports_nothing_checked_when_pip_audit_is_missing(project: Path) -> None:
    code, text = run(project, "")
    assert code == 1
    assert "looked up 0 of 3 packages" in text


@pytest.mark.parametrize("value", ["true", "1", "OPTIONAL", "no"])
def test_other_values_do_not_make_it_optional(project: Path, value: str) -> None:
    assert audit(project, [], value)[0] == 1


def test_audit_is_optional_in_ci() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert "export AUDIT=optional" in script
    assert 'echo "audit: AUDIT=optional is set' in script

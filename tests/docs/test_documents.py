"""A setting, command or endpoint that is not documented does not exist, and documents stay true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from tests.support.documents import DOCS, DOCUMENTS, code_spans, relative, rows
from tests.support.installation import ROOT
from tests.support.limits import sections, with_tables
from tests.support.metrics import METRICS
from tests.support.routes import ROWS
from tests.test_imports import LINES
from volumes.backends.registry import BACKENDS

README, API, OPERATING = ROOT / "README.md", DOCS / "api.md", DOCS / "operating.md"
MAX_README_LINES = 150
COMMANDS = sorted(name for name, app in get_commands().items() if app in {"accounts", "volumes"})
SETTINGS = sorted(
    set(
        re.findall(
            r'(?:env\.\w+|mail_server)\(\s*"([A-Z_]+)"',
            (ROOT / "config" / "settings.py").read_text(encoding="utf-8"),
        )
    )
)
DJANGOS_OWN = {action.dest for action in BaseCommand().create_parser("", "")._actions}


def documented_commands() -> dict[str, str]:
    """The usage of each command, by its name."""
    usages = [cells[0].strip("`") for cells in rows(OPERATING, "Commands")]
    return {usage.split()[0]: usage for usage in usages}


def options(command: str) -> list[str]:
    """The last spelling of each option of this command that is not an option of every command."""
    parser = load_command_class(get_commands()[command], command).create_parser("", command)
    own = [action for action in parser._actions if action.dest not in DJANGOS_OWN]
    return [(action.option_strings or [str(action.metavar)])[-1] for action in own]


OPTIONS = [(command, option) for command in COMMANDS for option in options(command)]
PATHS = sorted(
    {
        (relative(document), span)
        for document in DOCUMENTS
        for span in code_spans(document.read_text(encoding="utf-8"))
        if re.fullmatch(r"(?:accounts|config|docs|templates|tests|volumes|\.ci)/[\w./-]*", span)
    }
)
ENDPOINTS = sorted((method, "/" + re.sub(r"<str:(\w+)>", r"{\1}", route)) for method, route in ROWS)


def test_there_are_enough_names_to_check() -> None:
    assert len(COMMANDS) > 10
    assert len(OPTIONS) > 30
    assert len(SETTINGS) > 15
    assert len(PATHS) > 60
    assert len(METRICS) > 10


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert command in documented_commands()


@pytest.mark.parametrize("command", sorted(documented_commands()))
def test_every_documented_command_exists(command: str) -> None:
    assert command in COMMANDS


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_is_documented(command: str, option: str) -> None:
    clean_up = re.findall(r"## Clean up\n\n(.*?)\n\n", OPERATING.read_text(), re.DOTALL)
    described = [documented_commands()[command], *(text for text in clean_up if command in text)]
    assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", " ".join(described))


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_documented(setting: str) -> None:
    named = [name for cells in rows(OPERATING, "Settings") for name in code_spans(cells[0])]
    assert named.count(setting) == 1


@pytest.mark.parametrize("setting", ["SECRET_KEY", "METRICS_TOKEN", "DATABASE_URL", "EMAIL_URL"])
def test_every_setting_from_a_file_is_documented(setting: str) -> None:
    assert f"`{setting}_FILE`" in OPERATING.read_text(encoding="utf-8")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_every_endpoint_is_documented(method: str, path: str) -> None:
    described = [cells[0] for cells in rows(API, "Endpoints")]
    lines = [line for line in described if re.search(rf"{re.escape(path)}[`?]", line)]
    assert [line for line in lines if re.search(rf"`{method}\b", line)]


@pytest.mark.parametrize("path", ["/schema", "/docs", "/healthz", "/readyz", "/metrics"])
def test_every_endpoint_beside_the_api_is_documented(path: str) -> None:
    assert [cells for cells in rows(API, "Endpoints") if f"`GET {path}`" in cells[0]]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_documented(metric: str) -> None:
    spans = [code_spans(cells[0]) for cells in rows(OPERATING, "Metrics")]
    described = [span.partition("{")[0] for found in spans for span in found]
    assert metric in described


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_every_backend_is_documented(backend: str) -> None:
    described = [cells for cells in rows(OPERATING, "Settings") if cells[0] == "`STORAGE_BACKEND`"]
    assert f"`{backend}`" in described[0][2]


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


@pytest.mark.parametrize("document", sorted(DOCS.glob("*.md")), ids=relative)
def test_the_readme_leads_to_every_document(document: Path) -> None:
    assert f"({relative(document)})" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(("document", "path"), PATHS)
def test_every_path_in_a_document_exists(document: str, path: str) -> None:
    assert (ROOT / path).exists()


def test_the_import_directions_are_documented() -> None:
    lines = [" < ".join(", ".join(cell) for cell in line) for line in LINES]
    development = (DOCS / "development.md").read_text(encoding="utf-8")
    assert "```text\n{}\n```".format("\n".join(lines)) in development


def test_the_tables_of_limits_are_up_to_date() -> None:
    text = OPERATING.read_text(encoding="utf-8")
    assert text.count("| `MAX_CONNECTIONS` | 1,024 |") == 1
    assert with_tables(text) == text, "run .venv/bin/python -m tests.support.limits"


def test_a_bound_without_a_reason_is_found(tmp_path: Path) -> None:
    source = tmp_path / "limits.py"
    source.write_text('# Section.\nA = 1\n"""Why."""\nB = 2\n')
    with pytest.raises(ValueError, match="B has no reason"):
        list(sections(source))

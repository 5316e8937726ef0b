"""The files for Prometheus and Grafana in `deploy/` fit the metrics that Holdfast exports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import ROOT
from tests.support.metrics import METRICS
from tests.support.needs import needs

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "holdfast.json"
RULES = PROMETHEUS / "holdfast.rules.yaml"
PROMTOOL = shutil.which("promtool")
promtool_test = needs(PROMTOOL is not None, "promtool (Debian's prometheus) is not installed")
PARTS = ("_bucket", "_count", "_sum")
"""Suffixes of the series of a histogram."""


def promtool(*arguments: str, cwd: Path = PROMETHEUS) -> None:
    done = subprocess.run(
        [str(PROMTOOL), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


EXPRESSIONS = [target["expr"] for panel in panels() for target in panel["targets"]]


def metrics_in(text: str) -> set[str]:
    """The exported metrics that this text names, and every name that only looks like one."""
    names = re.findall(r"\bholdfast_[a-z_]+", text)
    return {
        next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
        for name in names
    }


@promtool_test
def test_the_rules_and_the_configuration_are_valid() -> None:
    promtool("check", "rules", RULES.name)
    promtool("check", "config", "--syntax-only", "prometheus.yaml")


@promtool_test
def test_each_alert_fires_on_its_condition(tmp_path: Path) -> None:
    tests = Path(__file__).with_name("rules_test.yaml")
    shutil.copy(RULES, tmp_path)
    shutil.copy(tests, tmp_path)
    promtool("test", "rules", tests.name, cwd=tmp_path)


def test_each_alert_is_tested_and_says_what_to_do() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
    tested = re.findall(
        r"alertname: (\w+)\n +exp_alerts:",
        Path(__file__).with_name("rules_test.yaml").read_text(encoding="utf-8"),
    )
    assert sorted(tested) == sorted(alerts)
    assert RULES.read_text(encoding="utf-8").count(" cure: ") == len(alerts)


def test_the_rules_use_only_metrics_that_exist() -> None:
    expressions = re.findall(
        r"expr: (.*?)\n +(?:for|labels):", RULES.read_text(encoding="utf-8"), re.DOTALL
    )
    assert metrics_in(" ".join(expressions)) <= set(METRICS)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_panel_uses_only_metrics_that_exist(expression: str) -> None:
    assert metrics_in(expression) <= set(METRICS)


def test_the_dashboard_shows_every_metric() -> None:
    assert metrics_in(" ".join(EXPRESSIONS)) == set(METRICS)


@promtool_test
def test_each_panel_is_valid_promql(tmp_path: Path) -> None:
    plain = [expression.replace("$__rate_interval", "5m") for expression in EXPRESSIONS]
    rules = [{"record": f"panel:{n}", "expr": plain[n]} for n in range(len(plain))]
    # JSON is YAML.
    (tmp_path / "panels.yaml").write_text(
        json.dumps({"groups": [{"name": "panels", "rules": rules}]})
    )
    promtool("check", "rules", "panels.yaml", cwd=tmp_path)


def test_the_panels_do_not_overlap() -> None:
    cells = [
        (x, y)
        for panel in panels()
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))

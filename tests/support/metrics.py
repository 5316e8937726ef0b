"""The names of the metrics that Holdfast exports, as its code declares them."""

from __future__ import annotations

import re

from tests.support.installation import ROOT

DECLARATION = re.compile(r'(?:Family|Counter|Histogram)\(\s*"(holdfast_\w+)"')
METRICS = sorted(
    {
        name
        for package in ("accounts", "config", "volumes")
        for file in (ROOT / package).rglob("*.py")
        for name in DECLARATION.findall(file.read_text(encoding="utf-8"))
    }
)

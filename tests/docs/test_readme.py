"""A setting, command or endpoint that is not documented does not exist."""

from __future__ import annotations

import re

import pytest
from django.core.management import get_commands

from tests.docs.test_tour import readme
from tests.support.installation import ROOT

OURS = sorted(name for name, app in get_commands().items() if app in {"accounts", "volumes"})
SETTINGS = sorted(
    set(
        re.findall(
            r'env\.\w+\(\s*"([A-Z_]+)"',
            (ROOT / "config" / "settings.py").read_text(encoding="utf-8"),
        )
    )
)


def test_there_are_commands_and_settings_to_look_for() -> None:
    assert len(OURS) > 10
    assert len(SETTINGS) > 15


@pytest.mark.parametrize("command", OURS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"`(manage\.py )?{command}\b", readme())


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_in_the_readme(setting: str) -> None:
    assert f"`{setting}`" in readme()

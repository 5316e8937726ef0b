"""Putting what a service refuses where it was typed, in the rule's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django import forms

from config.errors import Refused
from volumes.presentation import formatting

CHANGED = "Somebody changed it since you opened this page. Load it again to see what it is now."


def show(form: forms.Form, refused: Refused, names: Mapping[str, str] | None = None) -> None:
    """Each problem at its field or, where the form has none for it, on top.

    `names` leads from names on the wire to the form's own where they differ.
    """
    for problem in refused.problems:
        name = (names or {}).get(problem.field, problem.field)
        if problem.code == "stale_version":
            form.add_error(None, CHANGED)
        elif name in form.fields:
            form.add_error(name, formatting.sentence(replace(problem, field=name)))
        else:
            form.add_error(None, str(problem) if problem.field else formatting.sentence(problem))

"""Show the problems of a refusal at the inputs of a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django import forms

from config.errors import Refused
from volumes.presentation import formatting

CHANGED = "Somebody changed it since you opened this page. Load it again to see what it is now."


def show(form: forms.Form, refused: Refused, names: Mapping[str, str] | None = None) -> None:
    """Show each problem at its field, or above the form if it has no such field.

    `names` maps names in the API to different names of the form.
    """
    for problem in refused.problems:
        name = (names or {}).get(problem.field, problem.field)
        if problem.code == "stale_version":
            form.add_error(None, CHANGED)
        elif name in form.fields:
            form.add_error(name, formatting.sentence(replace(problem, field=name)))
        else:
            form.add_error(None, str(problem) if problem.field else formatting.sentence(problem))

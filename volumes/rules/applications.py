"""The rules of an application."""

from __future__ import annotations

from config.errors import Problem
from volumes.models import Application, Environment
from volumes.specs.application import ApplicationSpec


def review(
    environment: Environment, spec: ApplicationSpec, *, application: Application | None
) -> list[Problem]:
    """Every problem with a new application, or with changing this one."""
    problems = list(spec.problems)
    others = environment.applications.live().filter(name=spec.name)
    is_new_name = spec.name and not (application and application.name == spec.name)
    if is_new_name and others.exists():
        problems.append(Problem("name", "name_taken", f"{spec.name} is taken in this environment"))
    return problems

"""The rules of an environment."""

from __future__ import annotations

from accounts.models import Company
from config.errors import Problem
from volumes.models import Environment
from volumes.specs.environment import EnvironmentSpec

NAME_REQUIRED = Problem("name", "required", "is required")


def review(
    company: Company, spec: EnvironmentSpec, *, environment: Environment | None
) -> list[Problem]:
    """Every problem with a new environment of the company, or with changing this one."""
    problems = list(spec.problems)
    if environment is None and spec.lacks("name", spec.name):
        problems.append(NAME_REQUIRED)
    if environment and spec.company_id not in {None, company.pk}:
        problems.append(
            Problem("companyIdRef", "invalid", "cannot change: environments stay in their company")
        )
    others = company.environments.live().filter(name=spec.name)
    is_new_name = spec.name and not (environment and environment.name == spec.name)
    if is_new_name and others.exists():
        problems.append(Problem("name", "name_taken", f"{spec.name} is taken in this company"))
    return problems

"""Quotas of the environment and of the company, and the rule of the storage. Each may be absent."""

from __future__ import annotations

from collections.abc import Iterator

from config.errors import Problem
from volumes.models import Environment


class QuotaHeadroom:
    """The headroom of an environment, in MB, if `extra` more is provisioned."""

    def __init__(self, environment: Environment, extra: int = 0) -> None:
        self.environment = environment
        self.limit = environment.storage_quota
        self.used = environment.storage_used
        self.extra = extra

    @property
    def after(self) -> int:
        return self.used + self.extra

    @property
    def available(self) -> int | None:
        """Return what the tightest of quotas and storage leaves; None if nothing limits it."""
        company = self.environment.company
        left = [
            quota - used
            for quota, used in (
                (self.limit, self.used),
                (company.storage_quota, company.storage_used),
                (self.environment.promise_limit, self.environment.promised or 0),
            )
            if quota is not None
        ]
        return max(0, min(left)) if left else None

    @property
    def percent(self) -> float | None:
        """Return how much of the environment's quota is used. A quota of 0 is full."""
        if self.limit is None:
            return None
        return round(self.used * 100 / self.limit, 1) if self.limit else 100.0

    def problems(self) -> list[Problem]:
        """Return why `extra` more does not fit."""
        if self.extra <= 0:
            return []
        problems = self.quota_problems()
        if shortage := storage_shortage(self.environment, self.extra):
            problems.append(Problem("size", "no_space", f"needs {shortage}"))
        return problems

    def quota_problems(self) -> list[Problem]:
        """Return why `extra` more does not fit the quotas, whatever the storage may promise."""
        return list(self._quota_problems()) if self.extra > 0 else []

    def _quota_problems(self) -> Iterator[Problem]:
        company = self.environment.company
        if self.limit is not None and self.after > self.limit:
            yield Problem(
                "size",
                "quota_exceeded",
                f"needs {self.extra} MB, but of this environment's {self.limit} MB only "
                f"{max(0, self.limit - self.used)} MB are left",
            )
        quota, used = company.storage_quota, company.storage_used
        if quota is not None and used + self.extra > quota:
            yield Problem(
                "size",
                "quota_exceeded",
                f"needs {self.extra} MB, but of the company's {quota} MB only "
                f"{max(0, quota - used)} MB are left",
            )


def storage_shortage(environment: Environment, extra: int, *, counted: int = 0) -> str:
    """Return how much is needed and left if the storage cannot promise `extra` MB more, else "".

    `counted` is how much of it is already among what is promised.
    """
    limit = environment.promise_limit
    if limit is None:
        return ""
    left = max(0, limit - (environment.promised or 0) + counted)
    if extra <= left:
        return ""
    return f"{extra} MB, but of the storage's {limit} MB only {left} MB are left"

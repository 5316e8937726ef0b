"""The ways to refuse a request.

    DomainError
        Refused             400, or 409 where every problem is a conflict
            BadRequest      400: the path, the query or a header
        Forbidden           403
        NotFound            404
        PreconditionFailed  412
        TooManyRequests     429, with the seconds to wait
            Throttled

Services raise them. Each interface translates them in one place: the API in `volumes.api.errors`, pages
in `config.http.error_responses`, forms at their fields, commands in one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

CONFLICTS = frozenset(
    {
        "name_taken",
        "mount_path_taken",
        "attached_already",
        "quota_exceeded",
        "in_use",
        "protected",
        "has_snapshots",
        "too_many_snapshots",
        "wrong_status",
        "stale_version",
        "key_reused",
        "no_space",
    }
)
"""Codes of requests that are valid in themselves but conflict with the current state: 409, not 400."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `field` is the name on the wire, "" if no field is at fault."""

    field: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "code": self.code, "message": self.message}


class DomainError(Exception):
    """A refusal that the caller can understand."""


class Refused(DomainError):
    """A request with all its problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))

    @classmethod
    def because(cls, field: str, code: str, message: str) -> Self:
        return cls([Problem(field, code, message)])

    @property
    def is_conflict(self) -> bool:
        return all(problem.code in CONFLICTS for problem in self.problems)


class BadRequest(Refused):
    """A path, a query or a header that cannot be read."""


class NotFound(DomainError):
    """Does not exist, or is not the caller's to see: one answer for both."""


class Forbidden(DomainError):
    """A member whose role or token scope is not enough."""


class PreconditionFailed(DomainError):
    """If-Match names another version than the current one."""


class TooManyRequests(DomainError):
    """The caller has to wait for `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Throttled(TooManyRequests):
    """Too many failed attempts."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many failed tries. Wait {retry_after} seconds.", retry_after)

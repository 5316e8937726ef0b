"""The ways Holdfast says no."""

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
    }
)
"""Codes of wishes that are sound in themselves but clash with how things stand: 409, not 400."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a wish. `field` is the wire name, "" where none is at fault."""

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
    """A wish with problems, all of them: 400 if one of them is, else 409."""

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
    """If-Match names another version than the present one."""

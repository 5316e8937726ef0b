"""Query parameters. Unknown names and invalid values are refused: a misspelt filter lists nothing."""

from __future__ import annotations

from collections.abc import Collection

from django.http import QueryDict

from config import limits
from config.errors import BadRequest, Problem

MAX_SHOWN = 100
"""Unknown parameters that a refusal names, and characters of each: it is no longer than its request."""


class Query:
    """The parameters of one request. Call `check()` after reading them all."""

    def __init__(
        self, given: QueryDict, *, known: Collection[str], repeatable: Collection[str] = ()
    ) -> None:
        self.given = given
        unknown = [name for name in given if name not in known]
        self.problems = [
            Problem(name[:MAX_SHOWN], "unknown_field", "is not a parameter of this endpoint")
            for name in unknown[:MAX_SHOWN]
        ]
        for name in given:
            if name in known:
                self._check_size(name, limits.MAX_REPEATED_PARAMETERS if name in repeatable else 1)

    def _check_size(self, name: str, most: int) -> None:
        values = self.given.getlist(name)
        if len(values) > most:
            problem = "is given more than once" if most == 1 else f"may be given {most} times"
            self.note(name, problem)
        if any(len(value) > limits.MAX_API_VALUE_LENGTH for value in values):
            self.note(name, f"may have at most {limits.MAX_API_VALUE_LENGTH} characters")

    def note(self, name: str, message: str) -> None:
        self.problems.append(Problem(name, "invalid", message))

    def check(self) -> None:
        if self.problems:
            raise BadRequest(self.problems)

    def text(self, name: str) -> str | None:
        return self.given.get(name)

    def flag(self, name: str) -> bool | None:
        value = self.given.get(name)
        if value is not None and value not in {"true", "false"}:
            self.note(name, "must be true or false")
        return None if value is None else value == "true"

    def number(self, name: str, default: int, *, most: int) -> int:
        value = self.given.get(name, str(default))
        # ASCII first: str.isdigit() and int() know the digits of other scripts.
        if not (
            value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= most
        ):
            self.note(name, f"must be a whole number from 1 to {most}")
            return default
        return int(value)

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        value = self.given.get(name)
        if value is not None and value not in choices:
            self.note(name, f"must be one of {', '.join(choices)}")
        return value if value in choices else None

"""Run all checks and collect their outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from volumes.backends import BackendError
from volumes.verification import data, histories, progress, quotas, relations
from volumes.verification.invariants import Invariant, Unseen, Violation

EXAMPLES = 5
"""Violations that are listed for each invariant. The others are counted: there may be a million."""


@dataclass
class Outcome:
    """The outcome of one invariant."""

    invariant: Invariant
    violations: int = 0
    examples: list[str] = field(default_factory=list)
    reason: str = ""
    """Why the invariant could not be checked."""
    unseen: list[str] = field(default_factory=list)
    """Items that could not be read, while all others were checked."""

    @property
    def result(self) -> str:
        if self.violations:
            return "violated"
        return "unknown" if self.reason or self.unseen else "ok"

    def add(self, what: str) -> None:
        self.violations += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(what)

    def include(self, other: Outcome) -> None:
        self.unseen += other.unseen
        self.violations += other.violations
        self.examples = (self.examples + other.examples)[:EXAMPLES]

    def described(self) -> dict[str, Any]:
        return {
            "invariant": self.invariant.value,
            "name": self.invariant.name.lower(),
            "says": self.invariant.label,
            "result": self.result,
            "violations": self.violations,
            "examples": self.examples,
            "reason": self.reason,
            "unreadable": self.unseen,
        }


def verify(*, settled: bool = False) -> list[Outcome]:
    """Check every invariant. With `settled`, an unsettled row is a violation too."""
    outcomes = _gathered(_in_the_database(settled))
    try:
        # Collect all before reporting any: data on a disk that is unmounted meanwhile is not lost.
        of_data = _gathered(data.violations(settled))
    except BackendError as error:
        for invariant in (Invariant.DELETES, Invariant.BACKINGS):
            outcomes[invariant].reason = error.detail
    else:
        for invariant, outcome in of_data.items():
            outcomes[invariant].include(outcome)
    return list(outcomes.values())


def _in_the_database(settled: bool) -> Iterator[Violation]:
    return chain(
        histories.violations(),
        quotas.violations(),
        relations.violations(),
        progress.violations(settled),
    )


def _gathered(found: Iterable[Violation | Unseen]) -> dict[Invariant, Outcome]:
    outcomes = {invariant: Outcome(invariant) for invariant in Invariant}
    for one in found:
        if isinstance(one, Unseen):
            outcomes[one.invariant].unseen.append(one.what)
        else:
            outcomes[one.invariant].add(one.what)
    return outcomes

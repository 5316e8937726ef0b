"""Actions of operators on rows: each describes its effect and its blockers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.callers import Actor
from config.errors import DomainError, NotFound, Problem

GONE = "It is not there any more: it was deleted, or what it belongs to was."

Reasons = Mapping[Any, Sequence[Problem]]
"""By the primary key of the row."""


def no_reasons(rows: Sequence[Any]) -> Reasons:
    """Return no reasons against the action, for rows that nothing blocks."""
    return {}


def words_of(refusal: DomainError) -> str:
    """Return the message of a refusal."""
    return GONE if isinstance(refusal, NotFound) else str(refusal)


@dataclass(frozen=True)
class AdminAction:
    """An action on one row or many."""

    name: str
    short: str
    """The link to the action on the page of one row."""
    phrase: str
    """The label of the button that runs it; `{}` is the rows."""
    done: str
    permission: str
    """Names the `has_<permission>_permission` of the page that decides who may run it."""
    do: Callable[[Any, Actor], object]
    says: Callable[[Any], str]
    """Returns the effect on this row as a sentence."""
    against: Callable[[Sequence[Any]], Reasons] = no_reasons
    """Returns the blockers of each row. A row with blockers does not change."""
    offered: Callable[[Any], bool] = lambda row: True
    """Returns whether the page of one row links to the action. It is no permission check."""
    is_danger: bool = False
    settles: bool = False
    """True if the storage has to follow. The message then shows the progress of the row that `do`
    returned, or else of this row."""

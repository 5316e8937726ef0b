"""Actions of operators on rows: each describes its effect and its blockers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.callers import Actor
from config.errors import DomainError, NotFound, Problem

GONE = "It is not there any more: it was deleted, or what it belongs to was."

Blockers = Mapping[Any, Sequence[Problem]]
"""By the primary key of the row."""


def no_blockers(rows: Sequence[Any]) -> Blockers:
    """Return no blockers."""
    return {}


def words_of(refusal: DomainError) -> str:
    """Return the message of a refusal."""
    return GONE if isinstance(refusal, NotFound) else str(refusal)


@dataclass(frozen=True)
class AdminAction:
    """An action on one row or many."""

    name: str
    link_label: str
    """The link to the action on the page of one row."""
    button_label: str
    """The label of the button that runs it; `{}` is the rows."""
    done: str
    permission: str
    """Names the `has_<permission>_permission` of the page that decides who may run it."""
    do: Callable[[Any, Actor], object]
    describe: Callable[[Any], str]
    """Returns the effect on this row as a sentence."""
    blockers: Callable[[Sequence[Any]], Blockers] = no_blockers
    """Returns the blockers of each row. A row with blockers does not change."""
    is_available: Callable[[Any], bool] = lambda row: True
    """Returns whether the page of one row links to the action. It is no permission check."""
    is_danger: bool = False
    settles: bool = False
    """True if the storage has to follow. The message then shows the progress of the row that `do`
    returned, or else of this row."""

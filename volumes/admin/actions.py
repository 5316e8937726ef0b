"""What operators do to rows: each verb says what will happen to which, and what stands against it."""

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
    return {}


def words_of(refusal: DomainError) -> str:
    return GONE if isinstance(refusal, NotFound) else str(refusal)


@dataclass(frozen=True)
class AdminAction:
    """One thing that operators do, to one row or to many."""

    name: str
    short: str
    """What leads to it from the page of one row."""
    phrase: str
    """What the button says that does it; `{}` is the rows."""
    done: str
    permission: str
    """The `has_<permission>_permission` of the page that decides who may."""
    do: Callable[[Any, Actor], object]
    says: Callable[[Any], str]
    """What will happen to this row."""
    against: Callable[[Sequence[Any]], Reasons] = no_reasons
    """The rules' own words; where there are any, the row is left as it is."""
    offered: Callable[[Any], bool] = lambda row: True
    """Whether the page of one row leads to it. It decides nothing."""
    is_danger: bool = False
    settles: bool = False
    """Whether the storage has to follow. The message then says how far it is, for what `do` returned
    or else for the row."""

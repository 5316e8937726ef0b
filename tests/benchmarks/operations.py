"""What is measured, by name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Numbers(Enum):
    """Which volumes the requests of a run are about."""

    ANY = auto()  # of those that are there, at random
    EACH = auto()  # of those that are there, one after the other
    FRESH = auto()  # none yet: every request makes its own
    SPARE = auto()  # of those that are there only to be deleted, one after the other


@dataclass(frozen=True)
class Operation:
    name: str
    title: str
    numbers: Numbers = Numbers.ANY

    @property
    def writes(self) -> bool:
        return self.numbers is not Numbers.ANY


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("get", "get"),
        Operation("list", "list of 100"),
        Operation("create", "create", Numbers.FRESH),
        Operation("update", "update", Numbers.EACH),
        Operation("delete", "delete", Numbers.SPARE),
        Operation("validate", "validate"),
        Operation("login", "login page"),
        Operation("environment-page", "environment's page"),
        Operation("environment-search", "environment's page, part of a name"),
        Operation("volume-page", "volume's page"),
        Operation("admin-list", "admin's list"),
        Operation("admin-search", "admin's list, part of a name"),
        Operation("admin-start", "admin's start page"),
        Operation("page-1000", "page 1,000, or the one in the middle"),
        Operation("last-page", "last page"),
        Operation("name", "exact name"),
        Operation("search", "substring that few names have"),
        Operation("search-common", "substring that many names have"),
    )
}


@dataclass(frozen=True)
class RequestTemplate:
    """The requests of one operation, as one service wants them.

    In path and body `{id}`, `{word}`, `{number}` (seven digits) and `{tail}` (its last five) tell of
    the volume that a request is about; `{serial}` is different in each request.
    """

    method: str
    path: str
    body: str = ""
    headers: tuple[str, ...] = ()

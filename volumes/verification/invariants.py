"""The ten invariants, and violations of them."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import IntegerChoices


class Invariant(IntegerChoices):
    """What must hold after every fault, as far as database and disk can show it."""

    CREATES = 1, "Every acknowledged create exists, unless it was deleted later"
    DELETES = 2, "What was deleted stays deleted, and its data goes once its grace is over"
    QUOTAS = 3, "Sums are counted right, and nothing was accepted above a quota"
    SIZES = 4, "No size ever fell"
    NAMES = 5, "A live name is there once"
    VERSIONS = 6, "The version rises by one with each change, and the history tells them all"
    BACKINGS = 7, "Each live volume has its data, and no other data lies there"
    MOUNTS = 8, "Nothing is mounted, or lives, in what was deleted"
    TENANTS = 9, "Nothing reaches from one company or environment into another"
    PROGRESS = 10, "Nothing waits for more than 60 s without progress or a stated error"


class Unseen(NamedTuple):
    """A sentence about one item that could not be read."""

    invariant: Invariant
    what: str


class Violation(NamedTuple):
    """A sentence about one violation."""

    invariant: Invariant
    what: str

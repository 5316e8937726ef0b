"""Rolls changes of a test back, so that it can make many independent calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """Roll back everything that is written in the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)

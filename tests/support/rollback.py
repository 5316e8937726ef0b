"""Roll back the changes of a part of a test, so that many independent calls can follow each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll back everything that is written in the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)

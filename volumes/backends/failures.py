"""Doing something to each of several things: one that fails does not keep the others from it."""

from collections.abc import Iterator
from contextlib import contextmanager


class Failures:
    """The first OSError says most; later ones often follow from it."""

    def __init__(self) -> None:
        self.first: OSError | None = None

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Go on after an OSError in here."""
        try:
            yield
        except OSError as error:
            self.first = self.first or error


@contextmanager
def all_of_them() -> Iterator[Failures]:
    """Raises the first failure once everything was tried."""
    failures = Failures()
    yield failures
    if failures.first is not None:
        raise failures.first

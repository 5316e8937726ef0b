"""Process every item of several, and raise the first failure at the end."""

from collections.abc import Iterator
from contextlib import contextmanager


class Failures:
    """Keeps the first OSError: later ones often follow from it."""

    def __init__(self) -> None:
        self.first: OSError | None = None

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Record an OSError of this block and go on."""
        try:
            yield
        except OSError as error:
            self.first = self.first or error


@contextmanager
def collecting_failures() -> Iterator[Failures]:
    """Raise the first collected failure at the end of the block."""
    failures = Failures()
    yield failures
    if failures.first is not None:
        raise failures.first

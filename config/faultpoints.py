"""Named places where a crash or a failing disk would hurt most. Nothing happens there by itself.

Tests make the process die, fail or hang at one of them, and check what comes of it. The names are
literals, so that a test can list them from the source.
"""

from collections.abc import Callable

hook: Callable[[str], None] | None = None
"""Called with the name of each point that is passed. Only tests set it."""


def faultpoint(name: str) -> None:
    if hook is not None:
        hook(name)

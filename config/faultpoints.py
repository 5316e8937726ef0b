"""Named points at which tests make the process die, fail or hang. In production they do nothing.

They are where a crash or a failing disk would do the most harm. The names are literals, so that a test
can list them from the source.
"""

from collections.abc import Callable

hook: Callable[[str], None] | None = None
"""Called with the name of each point that the process reaches. Only tests set it."""


def faultpoint(name: str) -> None:
    """Call the hook, if a test has set one."""
    if hook is not None:
        hook(name)

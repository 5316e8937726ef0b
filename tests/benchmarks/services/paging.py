"""The far pages of a long list, found as any client finds them: by following its links."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.wire import Wire

PAGE = 100
STRIDE = 1000
"""As many as one answer may have."""


def before_page_1000(size: int) -> int:
    """How many volumes come before page 1,000; before the middle one of a list that is shorter."""
    return 999 * PAGE if size >= 1000 * PAGE else size // 2 // PAGE * PAGE


def before_last_page(size: int) -> int:
    return max(0, (size - 1) // PAGE * PAGE)


FAR: dict[str, Callable[[int], int]] = {
    "page-1000": before_page_1000,
    "last-page": before_last_page,
}


def path_of_page(wire: Wire, path: str, before: int) -> str:
    """The path of the page that comes after so many volumes, a multiple of PAGE."""
    cursor = ""
    for limit in [STRIDE] * (before // STRIDE) + [PAGE] * (before % STRIDE // PAGE):
        answer = wire.get(f"{path}?limit={limit}{cursor}")
        following = re.search(r"[?&]cursor=[^&>]+", answer.headers.get("link", ""))
        assert following, f"nothing follows, {answer.status}"
        cursor = "&" + following[0][1:]
    return f"{path}?limit={PAGE}{cursor}"

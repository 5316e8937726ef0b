"""Every list of the API: one bad row would break the one that holds it for ever."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.gate import Answer

Get = Callable[[str], Answer | None]

WAYS = ("?includeDeleted=true&sort=-name", "?limit=5&count=true", "?includeDeleted=true", "")


def lists(get: Get) -> None:
    """Asks all of them, by what the lists themselves name."""
    get("/environments?includeDeleted=true")
    for environment in ids(get("/environments")):
        for way in WAYS:
            get(f"/{environment}/app{way.partition('&sort')[0]}")
            get(f"/{environment}/volume{way}")
        for volume in ids(get(f"/{environment}/volume?includeDeleted=true&limit=50")):
            get(f"/{environment}/volume/{volume}/history")
        for volume in ids(get(f"/{environment}/volume?limit=50")):
            for kind in ("attachment", "snapshot", "usage"):
                get(f"/{environment}/volume/{volume}/{kind}")


def ids(answer: Answer | None) -> list[str]:
    return [one["id"] for one in answer.json()] if answer and answer.status == 200 else []

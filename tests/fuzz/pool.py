"""The identifiers that are about, so that requests meet something; and some that meet nothing."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from random import Random
from typing import Any

from tests.fuzz.gate import Answer

MOST = 20
"""Of each kind: the latest, which most likely still exist."""
KINDS = {"vol-": "volume", "app-": "application", "snap-": "snapshot"}
NOWHERE = {
    "environment": "00000000-0000-0000-0000-000000000000",
    "volume": "vol-00000000-0000-0000-0000-000000000000",
    "application": "app-00000000-0000-0000-0000-000000000000",
    "snapshot": "snap-00000000-0000-0000-0000-000000000000",
}
IN_PATHS = {
    **dict.fromkeys(("", "environments"), "environment"),
    **dict.fromkeys(("app", "attachment"), "application"),
    "volume": "volume",
    "snapshot": "snapshot",
}
"""By the segment of a path of the API that precedes the identifier."""

ON_PAGES = {
    **dict.fromkeys(("env", "empty", "environment"), "environment"),
    **dict.fromkeys(("volume", "spare", "gone"), "volume"),
    **dict.fromkeys(("app", "application"), "application"),
    "snapshot": "snapshot",
}
IN_BODIES = {
    "id": "volume",
    "appIdRef": "application",
    "attachedAppsRefs": "application",
    "restoreFrom": "snapshot",
}
NAME = re.compile(r"(?P<before>[^/]*)/\{(?P<name>\w+)\}")


class Pool:
    """Identifiers by the kind of what they name."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.ids: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=MOST))

    def learn(self, answer: Answer | None) -> None:
        """Keep what a 201 says that it made."""
        if answer and answer.status == 201:
            made = str(answer.json().get("id", ""))
            if made:
                self.ids[self._kind(made)].append(made)

    def pick(self, kind: str) -> str:
        """One that was made, nearly always."""
        known = self.ids[kind]
        is_there = bool(known) and self.random.random() < 0.95
        return self.random.choice(known) if is_there else NOWHERE[kind]

    def pick_for_page(self, name: str) -> str:
        """The bare UUID, by which pages name things."""
        return self.pick(ON_PAGES[name])[-36:] if name in ON_PAGES else "0"

    def parameters(self, path: str) -> dict[str, str]:
        """An identifier for each parameter of a path of the API."""
        return {
            found["name"]: self.pick(IN_PATHS.get(found["before"], "volume"))
            for found in NAME.finditer(path)
        }

    def put_into(self, body: Any) -> Any:
        """The body with references to what there is, where it has any."""
        if not isinstance(body, dict):
            return body
        filled = {
            field: self._like(value, self.pick(IN_BODIES[field]))
            for field, value in body.items()
            if field in IN_BODIES and self.random.random() < 0.9
        }
        return body | filled

    def _like(self, value: Any, one: str) -> Any:
        return [one] if isinstance(value, list) else one

    def _kind(self, made: str) -> str:
        return next(
            (kind for prefix, kind in KINDS.items() if made.startswith(prefix)), "environment"
        )

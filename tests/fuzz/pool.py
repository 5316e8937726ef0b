"""The identifiers that are about, so that requests meet something; and some that meet nothing."""

from __future__ import annotations

from collections import defaultdict, deque
from random import Random
from typing import Any

from tests.fuzz.gate import Answer

MOST = 20
"""Of each kind: the latest, which most likely still exist."""
KINDS = {"vol-": "volume_id", "app-": "app_id", "snap-": "snapshot_id"}
NOWHERE = {
    "env_id": "00000000-0000-0000-0000-000000000000",
    "volume_id": "vol-00000000-0000-0000-0000-000000000000",
    "app_id": "app-00000000-0000-0000-0000-000000000000",
    "snapshot_id": "snap-00000000-0000-0000-0000-000000000000",
}
ON_PAGES = {
    **dict.fromkeys(("env", "empty", "environment"), "env_id"),
    **dict.fromkeys(("volume", "spare", "gone"), "volume_id"),
    **dict.fromkeys(("app", "application"), "app_id"),
    "snapshot": "snapshot_id",
}
IN_BODIES = {
    "id": "volume_id",
    "appIdRef": "app_id",
    "attachedAppsRefs": "app_id",
    "restoreFrom": "snapshot_id",
}


class Pool:
    """By the name that the path's parameter has in the OpenAPI document."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.ids: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=MOST))

    def learn(self, answer: Answer | None) -> None:
        """Keep what a 201 says that it made."""
        if answer and answer.status == 201:
            made = str(answer.json().get("id", ""))
            if made:
                self.ids[self._kind(made)].append(made)

    def pick(self, name: str) -> str:
        """One that was made, nearly always. Pages name things by the bare UUID."""
        if name in ON_PAGES:
            return self.pick(ON_PAGES[name])[-36:]
        known = self.ids[name]
        is_there = bool(known) and self.random.random() < 0.95
        return self.random.choice(known) if is_there else NOWHERE.get(name, "0")

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
        return next((kind for prefix, kind in KINDS.items() if made.startswith(prefix)), "env_id")

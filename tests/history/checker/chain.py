"""One volume's history, replayed: what it was after each version, and whether that can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.history.checker.anomaly import Anomaly
from tests.history.operations import Json

FIELDS = (
    *("name", "size", "mountPath", "description", "labels", "protected"),
    *("attachedAppsRefs", "isDeleted"),
)


class Chain:
    """The accepted writes of one volume in the order in which they were accepted."""

    def __init__(self, volume: str, history: list[Json], row: Json) -> None:
        """`history` is as the API tells it, the newest first; `row` is how the volume ended."""
        self.volume = volume
        self.row = row
        entries = [entry for entry in reversed(history) if entry["version"] is not None]
        # By version: the order of two that carry the same one means nothing.
        self.entries = sorted(entries, key=lambda entry: entry["version"])
        self.snapshots = [entry for entry in history if entry["version"] is None]
        self.states: dict[int, Json] = {}
        self.anomalies = list(self._replay())

    @property
    def last(self) -> int:
        return max(self.states, default=0)

    def entry(self, version: int) -> Json | None:
        return next((entry for entry in self.entries if entry["version"] == version), None)

    def versions_of(self, action: str, target: str | None) -> list[int]:
        """The versions that this action (with that application) raised."""
        return [
            entry["version"]
            for entry in self.entries
            if entry["action"] == action and (target is None or target_of(entry) == target)
        ]

    def is_ever(self, *, deleted: bool, since: int) -> bool:
        """Whether it was that in any state from this version on."""
        return any(
            state["isDeleted"] is deleted
            for version, state in self.states.items()
            if version >= since
        )

    def differs(self, seen: Json) -> list[str]:
        """The fields in which what somebody saw is not what the volume was at that version.

        What mounts it is read by a query of its own, so it may be as new as a later version.
        """
        state = self.states.get(seen["version"])
        if state is None:
            return ["version"]
        plain = [name for name in FIELDS if name != "attachedAppsRefs"]
        differing = [name for name in plain if seen[name] != state.get(name)]
        later = [state for version, state in self.states.items() if version >= seen["version"]]
        mounts = [state["attachedAppsRefs"] for state in later]
        if sorted(seen["attachedAppsRefs"]) not in mounts:
            differing.append("attachedAppsRefs")
        return differing

    def _replay(self) -> Iterator[Anomaly]:
        versions = [entry["version"] for entry in self.entries]
        for version, times in Counter(versions).items():
            if times > 1:
                yield self._anomaly("version_twice", f"{times} changes have version {version}")
        if set(versions) != set(range(1, self.row["version"] + 1)):
            yield self._anomaly(
                "version_gap", f"is at version {self.row['version']}, its history at {versions}"
            )
        state: Json = {"attachedAppsRefs": [], "isDeleted": False}
        for entry in self.entries:
            yield from self._impossible(entry, state)
            state = {**state, **{name: _after(entry, name) for name in _changed(entry)}}
            self.states[entry["version"]] = state
        yield from self._end(state)

    def _impossible(self, entry: Json, state: Json) -> Iterator[Anomaly]:
        """What cannot happen to a volume that is like this."""
        version, action = entry["version"], entry["action"]
        for name in _changed(entry):
            before = _sorted(entry["changes"][name][0])
            if action != "create" and before != state.get(name):
                yield self._anomaly(
                    "broken_chain",
                    f"version {version} found {name} {before}, not {state.get(name)}",
                )
        if state["isDeleted"] and action != "restore":
            kind = "attached_to_deleted" if action == "attach" else "changed_after_delete"
            yield self._anomaly(kind, f"version {version} is {action} of a deleted volume")
        if action == "delete" and state["attachedAppsRefs"]:
            yield self._anomaly("attached_to_deleted", f"version {version} deletes what is mounted")
        if "size" in entry["changes"] and action != "create":
            before, after = entry["changes"]["size"]
            if after < before:
                yield self._anomaly("shrunk", f"version {version} shrinks {before} to {after}")

    def _end(self, state: Json) -> Iterator[Anomaly]:
        """Whether the row is what the history made of it."""
        for name in FIELDS:
            said, is_now = state.get(name), _sorted(self.row[name])
            if said == is_now:
                continue
            if name == "isDeleted" and said:
                yield self._anomaly(
                    "reappeared", "is there again, though its last change deleted it"
                )
            else:
                yield self._anomaly("row_differs", f"{name} is {is_now}, by its history {said}")

    def _anomaly(self, kind: str, what: str) -> Anomaly:
        return Anomaly(kind, self.volume, what)


def _changed(entry: Json) -> list[str]:
    return [name for name in entry["changes"] if name in FIELDS]


def _after(entry: Json, name: str) -> Any:
    return _sorted(entry["changes"][name][1])


def _sorted(value: Any) -> Any:
    """What mounts a volume is a set; in which order it is told means nothing."""
    return sorted(value) if isinstance(value, list) else value


def target_of(entry: Json) -> str | None:
    """The application that an entry attaches or detaches."""
    before, after = entry["changes"].get("attachedAppsRefs", ((), ()))
    moved = set(before or ()) ^ set(after or ())
    return moved.pop() if len(moved) == 1 else None

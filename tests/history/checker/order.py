"""Real time: what was answered before an operation began, the operation has to know of."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.history.checker.anomaly import Anomaly
from tests.history.checker.chain import Chain
from tests.history.operations import Json, Operation

WRITES = {"put": "update", "delete": "delete", "restore": "restore"} | {
    kind: kind for kind in ("attach", "detach")
}
"""The kinds of operations that raise a volume's version, and what the history calls them."""

ABSENT_IF_404 = {"get", "put", "delete", "attach", "snap"}
"""What finds no volume says nothing else by a 404."""


class Floor:
    """The version that a volume must at least have been at, by what was answered at each time."""

    def __init__(self) -> None:
        self.ended: list[float] = []
        self.versions: list[int] = []

    def note(self, ended: float, version: int) -> None:
        """Called in the order of the answers."""
        self.ended.append(ended)
        self.versions.append(max([version, *self.versions[-1:]]))

    def at(self, began: float) -> int:
        before = bisect_left(self.ended, began)
        return self.versions[before - 1] if before else 0


class Order:
    """Follows the answers in the order in which they came."""

    def __init__(self, chains: dict[str, Chain]) -> None:
        self.chains = chains
        self.floors: defaultdict[str, Floor] = defaultdict(Floor)

    def follow(self, operations: Iterable[Operation]) -> Iterator[Anomaly]:
        answered = [operation for operation in operations if operation.ended is not None]
        for operation in sorted(answered, key=lambda operation: operation.ended or 0):
            if operation.accepted and operation.kind in WRITES:
                yield from self._written(operation)
            yield from self._seen(operation)
            yield from self._missed(operation)

    def _written(self, operation: Operation) -> Iterator[Anomaly]:
        """An accepted write is one change, made after everything that was known when it began."""
        chain = self.chains.get(str(operation.volume))
        if chain is None:
            yield Anomaly("lost_volume", str(operation.volume), f"is gone after {operation}")
            return
        floor = self.floors[chain.volume].at(operation.began)
        if operation.kind == "put" and operation.answer["version"] <= floor:
            yield Anomaly("version_not_raised", chain.volume, f"{operation} after version {floor}")
        made = self._versions_made(operation, chain)
        wanted = operation.expected
        if wanted is not None and made and wanted + 1 not in made:
            yield Anomaly("precondition_ignored", chain.volume, f"{operation} wanted {wanted}")
        later = [version for version in made if version > floor]
        if not later:
            yield Anomaly("lost_write", chain.volume, f"{operation} is not in its history")
            return
        self._note(operation, chain.volume, min(later))

    def _versions_made(self, operation: Operation, chain: Chain) -> list[int]:
        """The versions that may be this operation's."""
        action = WRITES[operation.kind]
        versions = chain.versions_of(action, operation.target)
        if operation.kind != "put":
            return versions
        entries = [(version, chain.entry(version) or {}) for version in versions]
        return [version for version, entry in entries if mark_of(entry) == operation.mark]

    def _seen(self, operation: Operation) -> Iterator[Anomaly]:
        for seen in sightings(operation):
            chain = self.chains.get(seen["id"])
            if chain is None:
                yield Anomaly("lost_volume", seen["id"], f"{operation} saw what is not there")
                continue
            floor = self.floors[chain.volume].at(operation.began)
            yield from self._impossible(operation, chain, seen, floor)
            self._note(operation, chain.volume, seen["version"])

    def _impossible(
        self, operation: Operation, chain: Chain, seen: Json, floor: int
    ) -> Iterator[Anomaly]:
        if seen["version"] < floor:
            yield Anomaly(
                "stale_read", chain.volume, f"{operation} saw {seen['version']} after {floor}"
            )
        if differing := chain.differs(seen):
            yield Anomaly("impossible_read", chain.volume, f"{operation} saw other {differing}")
        # Only the list that is asked for deleted ones may show them, and as such.
        hidden = operation.kind != "list_all" or not seen["isDeleted"]
        if hidden and not chain.is_ever(deleted=False, since=max(floor, 1)):
            yield Anomaly("reappeared", chain.volume, f"{operation} saw it after its delete")

    def _missed(self, operation: Operation) -> Iterator[Anomaly]:
        """What is not shown must have been deleted since it was last known."""
        for volume in self._absent(operation):
            chain = self.chains[volume]
            floor = self.floors[volume].at(operation.began)
            if operation.kind == "list_all" or not chain.is_ever(deleted=True, since=floor):
                yield Anomaly("lost_volume", volume, f"{operation} did not find it")

    def _absent(self, operation: Operation) -> list[str]:
        """The volumes that were known when it began and that it says are not there."""
        if operation.kind in {"list", "list_all"} and operation.accepted:
            shown = {seen["id"] for seen in operation.answer}
            named = [
                volume
                for volume, chain in self.chains.items()
                if volume not in shown and chain.row["envIdRef"] == operation.environment
            ]
        elif operation.kind in ABSENT_IF_404 and operation.status == 404:
            named = [str(operation.volume)]
        else:
            named = []
        return [volume for volume in named if self.floors[volume].at(operation.began)]

    def _note(self, operation: Operation, volume: str, version: int) -> None:
        assert operation.ended is not None
        self.floors[volume].note(operation.ended, version)


def sightings(operation: Operation) -> list[Json]:
    """The volumes that an answer shows."""
    if not operation.accepted:
        return []
    match operation.kind:
        case "list" | "list_all":
            seen: list[Json] = operation.answer
        case "get" | "put" | "create" | "restore":
            seen = [operation.answer]
        case _:
            seen = []
    return seen


def mark_of(entry: Json) -> str | None:
    """What the operation that made this entry wrote into the volume's description."""
    mark: str | None = entry.get("changes", {}).get("description", (None, None))[1]
    return mark

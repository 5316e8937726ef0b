"""What no single volume tells: quotas, names, snapshots, and that the server itself is sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.history.checker.anomaly import Anomaly
from tests.history.checker.chain import Chain
from tests.history.final import Final
from tests.history.operations import Json, Operation


def of_quotas(operations: Iterable[Operation], final: Final) -> Iterator[Anomaly]:
    """At every moment that somebody saw, and in the end: within the quota, and rightly counted."""
    quotas = {place["id"]: place["quota"] for place in final.environments}
    for operation in operations:
        quota = quotas[operation.environment]
        if operation.kind == "usage" and operation.accepted:
            used = operation.answer["used"]["storage"]
        elif operation.kind == "list" and operation.accepted:
            used = sum(volume["size"] for volume in operation.answer)
        else:
            continue
        if used > quota:
            yield Anomaly("over_quota", operation.environment, f"{operation} saw {used} of {quota}")
    for place in final.environments:
        if place["used"] > place["quota"]:
            yield Anomaly("over_quota", place["id"], f"ends at {place['used']} of {place['quota']}")
        if place["used"] != place["sum"]:
            yield Anomaly("miscounted", place["id"], f"counts {place['used']}, has {place['sum']}")


def of_names(operations: Iterable[Operation], final: Final) -> Iterator[Anomaly]:
    lists = [one.answer for one in operations if one.kind == "list" and one.accepted]
    for volumes in [*lists, list(final.volumes.values())]:
        for (environment, name), times in Counter(_names(volumes)).items():
            if times > 1:
                yield Anomaly("name_twice", environment, f"has {times} volumes {name}")


def of_snapshots(operations: Iterable[Operation], final: Final) -> Iterator[Anomaly]:
    """Acknowledged ones are there, deleted ones are not; those of a deleted volume go with it."""
    operations = list(operations)
    unsnapped = {one.target: one for one in operations if one.kind == "unsnap"}
    for operation in operations:
        if operation.kind != "snap" or not operation.accepted:
            continue
        snapshot, volume = operation.answer["id"], str(operation.volume)
        there = snapshot in final.snapshots
        deleted = unsnapped.get(snapshot)
        if there and deleted is not None and deleted.accepted:
            yield Anomaly("reappeared", snapshot, f"is there after {deleted}")
        if not there and deleted is None and not _was_deleted(final, volume):
            yield Anomaly("lost_write", snapshot, f"is gone after {operation}")


def of_rows(chains: Iterable[Chain], final: Final) -> Iterator[Anomaly]:
    """The API shows what is in the database, and all of it."""
    for volume in final.rows.keys() - final.volumes.keys():
        yield Anomaly("lost_volume", volume, "is in the database and in no list")
    for chain in chains:
        row = final.rows.get(chain.volume)
        shown = {name: chain.row[name] for name in row} if row else None
        if row != shown:
            yield Anomaly(
                "row_differs", chain.volume, f"is {row} in the database, shown as {shown}"
            )


def of_answers(operations: Iterable[Operation]) -> Iterator[Anomaly]:
    for operation in operations:
        if operation.status >= 500 and not operation.is_open:
            yield Anomaly("server_error", operation.environment, f"{operation}")


def _names(volumes: Iterable[Json]) -> Iterator[tuple[str, str]]:
    for volume in volumes:
        if not volume["isDeleted"]:
            yield volume["envIdRef"], volume["name"]


def _was_deleted(final: Final, volume: str) -> bool:
    return any(entry["action"] == "delete" for entry in final.histories.get(volume, ()))

"""Histories written by hand: one volume, and what its clients recorded."""

from __future__ import annotations

from typing import Any

from tests.history.checker import check
from tests.history.final import Final
from tests.history.operations import Json, Operation

HERE, IT, WEB = "env-1", "vol-1", "app-1"


def seen(version: int, **fields: Any) -> Json:
    """The volume as the API shows it."""
    plain = {
        **{"id": IT, "envIdRef": HERE, "name": "data", "size": 10, "mountPath": "/data/data"},
        **{"description": "made", "labels": {}, "protected": False, "attachedAppsRefs": []},
        "isDeleted": False,
    }
    return {**plain, "version": version, **fields}


def entry(version: int | None, action: str, **changes: list[Any]) -> Json:
    return {"version": version, "action": action, "changes": changes}


def made(**values: Any) -> Json:
    values = {"name": "data", "size": 10, "mountPath": "/data/data"} | values
    given = {"description": "made", "labels": {}, "protected": False} | values
    return entry(1, "create", **{name: [None, value] for name, value in given.items()})


def update(version: int, before: str, after: str) -> Json:
    """An update that changed the description."""
    return entry(version, "update", description=[before, after])


GONE = entry(2, "delete", isDeleted=[False, True])


class Story:
    """Operations one after the other, a second each, unless they say otherwise."""

    def __init__(self, *entries: Json, row: Json | None = None, **more: Any) -> None:
        """`entries` are the volume's history, the oldest first; `row` is how it ended."""
        self.entries = entries
        self.row = row or seen(max(one["version"] or 0 for one in entries))
        self.more = more
        self.operations: list[Operation] = []

    def then(self, kind: str, status: int = 200, answer: Any = None, **more: Any) -> Story:
        number = len(self.operations)
        about: dict[str, Any] = {"began": number + 0.1, "ended": number + 0.9, "volume": IT, **more}
        about["ended"] = about["ended"] if status else None
        operation = Operation("c1", number, kind, HERE, status=status, answer=answer, **about)
        self.operations.append(operation)
        return self

    def create(self, status: int = 201, answer: Any = None, **about: Any) -> Story:
        about = {"volume": None, "body": {"description": "made"}} | about
        return self.then("create", status, seen(1) if answer is None else answer, **about)

    def put(self, mark: str, version: int, status: int = 200, **about: Any) -> Story:
        body = {"description": mark, **about.pop("body", {})}
        answer = seen(version, description=mark)
        return self.then("put", status, answer, body=body, **about)

    def anomalies(self) -> set[str]:
        """The kinds of anomalies in it."""
        size = 0 if self.row["isDeleted"] else self.row["size"]
        place = {"id": HERE, "quota": 100, "used": size, "sum": size}
        shown = ("name", "size", "description", "version", "isDeleted")
        final = {
            "volumes": {IT: self.row},
            "histories": {IT: list(reversed(self.entries))},
            "rows": {IT: {name: self.row[name] for name in shown}},
            "snapshots": [],
            "environments": [place],
        }
        return {one.kind for one in check(self.operations, Final(**{**final, **self.more}))}

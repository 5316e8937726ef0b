"""How it all ended, as the API shows it and as the database has it."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tests.history.operations import Json
from tests.support.server import Server
from tests.support.wire import Wire

VOLUMES = """
    SELECT id, environment_id, name, size, description, version, is_deleted FROM volumes_volume
"""

SNAPSHOTS = "SELECT id FROM volumes_snapshot WHERE NOT is_deleted"

# One statement: what is counted and what there is, at one moment.
USAGE = """
    SELECT id, storage_quota, storage_used, (
        SELECT COALESCE(SUM(size), 0) FROM volumes_volume
        WHERE environment_id = environment.id AND status != 'deleted')
    FROM volumes_environment AS environment
"""


@dataclass(frozen=True)
class Final:
    volumes: dict[str, Json]
    """Every volume that there ever was, deleted ones too, as the API lists it."""
    histories: dict[str, list[Json]]
    """Of each of them, the newest entry first."""
    rows: dict[str, Json]
    """The same volumes past the product, by their names on the wire."""
    snapshots: list[str]
    environments: list[Json]
    """`id`, `quota`, what is counted as `used`, and the `sum` of the sizes, in MB."""

    @classmethod
    def of(cls, server: Server, environments: list[str]) -> Self:
        wire = server.wire()
        paths = [f"/{environment}/volume" for environment in environments]
        volumes = [
            volume
            for path in paths
            for volume in _all(wire, f"{path}?includeDeleted=true&limit=1000")
        ]
        return cls(
            volumes={volume["id"]: volume for volume in volumes},
            histories={
                volume["id"]: _all(
                    wire, f"/{volume['envIdRef']}/volume/{volume['id']}/history?limit=1000"
                )
                for volume in volumes
            },
            rows={
                f"vol-{_id(pk)}": {
                    "name": name,
                    "size": size,
                    "description": description,
                    "version": version,
                    "isDeleted": bool(is_deleted),
                }
                for pk, environment, name, size, description, version, is_deleted in (
                    server.installation.rows(VOLUMES)
                )
                if _id(environment) in environments
            },
            snapshots=[f"snap-{_id(pk)}" for (pk,) in server.installation.rows(SNAPSHOTS)],
            environments=[
                {"id": _id(pk), "quota": quota, "used": used, "sum": int(total)}
                for pk, quota, used, total in server.installation.rows(USAGE)
                if _id(pk) in environments
            ],
        )

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Self:
        return cls(**json.loads(path.read_text()))


def _all(wire: Wire, path: str) -> list[Any]:
    """Every page of a list."""
    found: list[Any] = []
    following: str | None = path
    while following:
        answer = wire.get(following)
        assert answer.status == 200, answer
        found += answer.body
        link = answer.headers.get("link", "")
        address = link[1:].partition(">")[0]
        following = "/" + address.partition("://")[2].partition("/")[2] if link else None
    return found


def _id(pk: Any) -> str:
    return str(uuid.UUID(str(pk)))

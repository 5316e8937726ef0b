"""The descriptions of the identifiers in paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DESCRIPTIONS = {
    "": "The environment, a UUID",
    "environments": "The environment, a UUID",
    "volume": "The volume: `vol-<uuid>` or the bare UUID",
    "attachment": "The application: `app-<uuid>` or the bare UUID",
    "snapshot": "The snapshot: `snap-<uuid>` or the bare UUID",
    "app": "The application: `app-<uuid>` or the bare UUID",
}
"""By the segment of the path before the identifier."""


def describe_path_parameters(document: dict[str, Any]) -> None:
    """Describe the path parameters of every operation. Raises KeyError for one without a text."""
    for path, operations in document["paths"].items():
        descriptions = dict(_descriptions(path))
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["description"] = descriptions[parameter["name"]]


def _descriptions(path: str) -> Iterator[tuple[str, str]]:
    segments = path.split("/")[1:]
    for before, segment in zip(["", *segments], segments, strict=False):
        if segment.startswith("{"):
            yield segment.strip("{}"), DESCRIPTIONS[before]

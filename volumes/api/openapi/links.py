"""The links of the OpenAPI document: from what a request created to the operations on it.

They follow from the paths. What is created at `/a` is at `/a/{id}`, and everything below that needs no
other identifier applies to it.
"""

from __future__ import annotations

import re
from typing import Any

Document = dict[str, Any]

REFERENCE = {"appId": "appIdRef"}
"""The field that identifies what was created if the answer has no `id`: an attachment has none."""


def add_links(document: Document) -> None:
    """Link every 201 to the operations on what it created."""
    for path, methods in document["paths"].items():
        made = methods.get("post", {}).get("responses", {}).get("201")
        if made:
            made["links"] = _links(document, path, _fields(document, made))


def _links(document: Document, path: str, fields: set[str]) -> dict[str, Any]:
    links = {}
    for target, methods in document["paths"].items():
        name = _made_name(path, target)
        if name and _names(target) == [*_names(path), name]:
            field = "id" if "id" in fields else REFERENCE[name]
            parameters = {one: f"$request.path.{one}" for one in _names(path)}
            parameters[name] = f"$response.body#/{field}"
            for operation in methods.values():
                links[operation["operationId"]] = {
                    "operationId": operation["operationId"],
                    "parameters": parameters,
                }
    return links


def _made_name(path: str, target: str) -> str | None:
    """Return the parameter that identifies what was created at `path`, if `target` applies to it."""
    # Paths below an environment begin with its identifier.
    base = "" if path == "/environments" and target.startswith("/{") else path
    found = re.match(re.escape(base) + r"/\{(\w+)\}", target)
    return found[1] if found else None


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _fields(document: Document, answer: Any) -> set[str]:
    reference = answer["content"]["application/json"]["schema"]["$ref"]
    return set(document["components"]["schemas"][reference.rpartition("/")[2]]["properties"])

"""Where one can go from what was made: the links of the OpenAPI document.

They follow from its paths: what is made at `/a` is found at `/a/{id}`, with all that needs no other id.
"""

from __future__ import annotations

import re
from typing import Any

Document = dict[str, Any]

REFERENCE = {"app_id": "appIdRef"}
"""What says which one was made where the answer has no `id`: an attachment is its application's."""


def add_links(document: Document) -> None:
    """Gives every 201 the operations on what it made."""
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
    """The parameter that names what was made at `path`, where `target` is on it or below."""
    # Paths below an environment begin with its id alone.
    base = "" if path == "/environments" and target.startswith("/{") else path
    found = re.match(re.escape(base) + r"/\{(\w+)\}", target)
    return found[1] if found else None


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _fields(document: Document, answer: Any) -> set[str]:
    reference = answer["content"]["application/json"]["schema"]["$ref"]
    return set(document["components"]["schemas"][reference.rpartition("/")[2]]["properties"])

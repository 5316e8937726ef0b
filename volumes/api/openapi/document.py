"""The OpenAPI document, generated from the views."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from volumes.api.openapi import registration, security  # noqa: F401  (the generator reads what they register)
from volumes.api.openapi.builders import enum, enum_prefix
from volumes.api.openapi.links import add_links
from volumes.api.openapi.path_parameters import describe_path_parameters
from volumes.api.urls import environment_paths, environments

Document = dict[str, Any]

METHODS = ("get", "post", "put", "delete")


class RootPathsGenerator(SchemaGenerator):
    """Describes the root paths. The other bases serve the same, under the same operation ids."""

    def __init__(self) -> None:
        super().__init__(patterns=[*environment_paths, *environments])  # type: ignore[no-untyped-call]

    def document(self) -> Document:
        """Return the OpenAPI document."""
        # The generator renders lazily translated text; a round trip leaves plain values.
        generated = self.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        document: Document = json.loads(json.dumps(generated, default=str))
        sort_methods(document)
        name_enum_members(document)
        describe_path_parameters(document)
        add_links(document)
        return document


def sort_methods(document: Document) -> None:
    """Sort the methods of each path: the generator's order differs from process to process."""
    paths = document["paths"]
    for path, operations in paths.items():
        paths[path] = {name: operations[name] for name in METHODS if name in operations}


def name_enum_members(document: Document) -> None:
    """Give the members of every enum among the components names for generated code."""
    for component, schema in document["components"]["schemas"].items():
        if "enum" in schema:
            schema.update(enum(enum_prefix(component), schema["enum"]))

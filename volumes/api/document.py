"""The OpenAPI document, out of the views themselves."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from volumes.api import described, security  # noqa: F401  (what the generator goes by)
from volumes.api.links import add_links
from volumes.api.urls import environments, scoped


def document_of_the_api() -> dict[str, Any]:
    """Of the root paths only: the other bases serve the same."""
    # The generator renders lazily translated text; a round trip leaves plain values.
    generator = SchemaGenerator(patterns=[*scoped, *environments])  # type: ignore[no-untyped-call]
    found = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document: dict[str, Any] = json.loads(json.dumps(found, default=str))
    add_links(document)
    return document

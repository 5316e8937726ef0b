"""Paths of the JSON API, and the identifiers in them."""

import re

UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
CANONICAL_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""As Holdfast prints identifiers."""

API_PATH = rf"(?:environments|api/v1|[^/]+/(?:volume|app)|{UUID})(?:/|\Z)"
"""The beginning of every path that answers in JSON, without the first slash."""

_API_PATH = re.compile(f"/{API_PATH}")


def is_api_path(path: str) -> bool:
    """Return whether the API answers there: the contract's line between the API and the pages."""
    return _API_PATH.match(path) is not None

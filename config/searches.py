"""What people search and filter by, kept below what a database can be asked."""

from __future__ import annotations

from django.core.exceptions import BadRequest

from config import limits


def search_text(text: str) -> str:
    """Return the words to search for. Raises BadRequest where there are too many."""
    found = filter_value(text.strip())
    if len(found.split()) > limits.MAX_SEARCH_WORDS:
        raise BadRequest(
            f"A search may have at most {limits.MAX_SEARCH_WORDS} words. Search for fewer of them."
        )
    return found


def filter_value(text: str) -> str:
    """Return the value to filter by. Raises BadRequest for one that is too long."""
    if len(text) > limits.MAX_SEARCH_LENGTH:
        raise BadRequest(
            f"A search may have at most {limits.MAX_SEARCH_LENGTH} characters. Search for a part of it."
        )
    return text

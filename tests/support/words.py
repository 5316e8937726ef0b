"""The visible text of a page."""

from __future__ import annotations

import html
import re
from typing import Any


def text(response: Any) -> str:
    """Return the text of the whole page."""
    return plain(response.content.decode())


def said(response: Any, field: str) -> str:
    """Return the messages below one input."""
    found = re.search(
        rf'id="{field}-feedback"[^>]*>(.*?)</div>', response.content.decode(), re.DOTALL
    )
    assert found, field
    return plain(found[1])


def value(response: Any, name: str) -> str:
    """Return the value of a text input."""
    found = re.search(rf'<input[^>]* name="{name}" value="([^"]*)"', response.content.decode())
    assert found, name
    return html.unescape(found[1])


def plain(markup: str) -> str:
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
    # A tag between a word and its punctuation adds no space.
    return re.sub(r" ([,.:;)])|([(]) ", r"\1\2", words)

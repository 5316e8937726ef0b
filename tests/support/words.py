"""What a page says, as a person reads it."""

from __future__ import annotations

import html
import re
from typing import Any


def text(response: Any) -> str:
    """The words of the whole page."""
    return plain(response.content.decode())


def said(response: Any, field: str) -> str:
    """What stands below one input."""
    found = re.search(rf'id="{field}-said"[^>]*>(.*?)</div>', response.content.decode(), re.DOTALL)
    assert found, field
    return plain(found[1])


def value(response: Any, name: str) -> str:
    """What stands in one line of text."""
    found = re.search(rf'<input[^>]* name="{name}" value="([^"]*)"', response.content.decode())
    assert found, name
    return html.unescape(found[1])


def plain(markup: str) -> str:
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
    # Where a tag ended between a word and its mark, there is no gap to be seen.
    return re.sub(r" ([,.:;)])|([(]) ", r"\1\2", words)

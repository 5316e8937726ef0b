"""Make untrusted text fit into one line of a message."""

from collections.abc import Sequence
from itertools import accumulate


def quoted(text: str, length: int = 200) -> str:
    """Return the text as a literal of at most `length` characters, without the middle if too long.

    Applications choose file names, so line breaks, control characters and bytes that are not UTF-8
    are escaped.
    """
    literal = repr(text)
    if len(literal) <= length:
        return literal
    # Cut between characters of the text, never inside an escape. The end tells most, so it is longer.
    escaped = [repr(character)[1:-1] for character in text]
    start = _take_while_fits(escaped, length // 3)
    end = _take_while_fits(escaped[::-1], length - len("".join(start)) - len("'…'"))
    return f"'{''.join(start)}…{''.join(reversed(end))}'"


def _take_while_fits(parts: Sequence[str], length: int) -> list[str]:
    """Return as many of the first parts as fit into `length` characters together."""
    ends = accumulate(map(len, parts))
    return [part for part, end in zip(parts, ends, strict=True) if end <= length]


def cut(text: str, length: int | None) -> str:
    """Return the text, shortened with an ellipsis, in characters that every database stores."""
    sound = text.replace("\0", "").encode("utf-8", "backslashreplace").decode()
    return sound if length is None or len(sound) <= length else f"{sound[: length - 1]}…"

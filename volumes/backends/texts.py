"""Text from strangers, made fit for one line of a message."""

from collections.abc import Sequence
from itertools import accumulate


def quoted(text: str, length: int = 200) -> str:
    """The text as a literal of at most `length` characters; the middle of a longer one is left out.

    Applications choose the names of files: line breaks, control characters and bytes that are no
    UTF-8 come out escaped.
    """
    written = repr(text)
    if len(written) <= length:
        return written
    # By characters of the text, so that no escape is cut in two; its end says most.
    escaped = [repr(character)[1:-1] for character in text]
    start = _fitting(escaped, length // 3)
    end = _fitting(escaped[::-1], length - len("".join(start)) - len("'…'"))
    return f"'{''.join(start)}…{''.join(reversed(end))}'"


def _fitting(parts: Sequence[str], length: int) -> list[str]:
    """As many of the first parts as fit into `length` characters together."""
    ends = accumulate(map(len, parts))
    return [part for part, end in zip(parts, ends, strict=True) if end <= length]


def cut(text: str, length: int | None) -> str:
    """The text, or its beginning and an ellipsis, in characters that every database stores."""
    sound = text.replace("\0", "").encode("utf-8", "backslashreplace").decode()
    return sound if length is None or len(sound) <= length else f"{sound[: length - 1]}…"

"""Reading a body: bounded in bytes and depth, and strict where JSON leaves room for mischief."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser

DEEPEST = 32


class PayloadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {settings.MAX_BODY} bytes."


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 of at most 64 KiB and 32 levels, without what breaks something further in:
    NUL, lone surrogates, duplicate keys, NaN and infinities."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(settings.MAX_BODY + 1)
        if len(raw) > settings.MAX_BODY:
            raise PayloadTooLarge
        if not raw:
            return {}
        try:
            value = json.loads(
                raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant
            )
            _inspect(value)
        except RecursionError:
            raise exceptions.ParseError(f"It is nested deeper than {DEEPEST} levels.") from None
        except ValueError as error:  # not UTF-8, not JSON, or a number of thousands of digits
            raise exceptions.ParseError(f"It is not acceptable JSON: {error}") from None
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _inspect(value: Any) -> None:
    """Refuse depth and bad text anywhere, keys included; iteratively, since depth is the attack."""
    level = [value]
    for _ in range(DEEPEST + 1):
        if not level:
            return
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _inspect_text(item)
            elif isinstance(item, dict):
                deeper += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                deeper += item
            elif isinstance(item, float) and item in (float("inf"), float("-inf")):
                raise ValueError("a number is too large")
        level = deeper
    raise ValueError(f"it is nested deeper than {DEEPEST} levels")


def _inspect_text(text: str) -> None:
    if "\0" in text:
        raise ValueError("a string contains NUL")
    # A lone surrogate, the only thing that UTF-8 cannot write.
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("a string contains a lone surrogate")

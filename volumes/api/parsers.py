"""The parser of bodies: bounded in bytes and depth, and strict where JSON is vague."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser

from config import limits


class PayloadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {settings.MAX_BODY} bytes. Send a smaller one."


class UnsupportedContentEncoding(exceptions.APIException):
    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_detail = (
        "The header Content-Encoding says that the body is compressed, which is not supported. "
        "Send it uncompressed and without this header."
    )


class UnacceptableJSON(ValueError):
    """Valid JSON that later code cannot process, with the reason."""


def is_encoded(meta: Mapping[str, Any]) -> bool:
    """Return whether the headers announce a body that is compressed or encoded in another way."""
    encodings = meta.get("HTTP_CONTENT_ENCODING", "").lower().split(",")
    return any(encoding.strip(" \t") not in {"", "identity"} for encoding in encodings)


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 of at most 64 KiB and 32 levels, without NUL, lone surrogates, duplicate keys, NaN
    and infinities. A byte order mark is ignored. No body at all counts as `{}`."""

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
        raw = raw.removeprefix(codecs.BOM_UTF8)
        if not raw:
            return {}
        try:
            return _parse(raw)
        except UnicodeDecodeError:
            why = "is not UTF-8. Send it in UTF-8"
        except json.JSONDecodeError as error:
            why = f"is not valid JSON: {error}"
        except UnacceptableJSON as error:
            why = str(error)
        except RecursionError:
            why = f"is nested deeper than {limits.MAX_JSON_DEPTH} levels"
        except ValueError:  # int() refuses thousands of digits
            why = "has a number with too many digits"
        raise exceptions.ParseError(f"The body {why}.")


def _parse(raw: bytes) -> Any:
    value = json.loads(
        raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant
    )
    _inspect(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnacceptableJSON("has the same key twice in an object")
    return found


def _refuse_constant(name: str) -> None:
    raise UnacceptableJSON(f"has {name}, which is not a JSON number")


def _inspect(value: Any) -> None:
    """Refuse depth and bad text anywhere, keys included. Not recursive: depth is the attack."""
    level = [value]
    for _ in range(limits.MAX_JSON_DEPTH + 1):
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
                raise UnacceptableJSON("has a number that is too large")
        level = deeper
    raise UnacceptableJSON(f"is nested deeper than {limits.MAX_JSON_DEPTH} levels")


def _inspect_text(text: str) -> None:
    if "\0" in text:
        raise UnacceptableJSON("has a string with the character NUL")
    # A lone surrogate, which UTF-8 cannot represent.
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise UnacceptableJSON("has a string with a lone surrogate")

"""Keyset pagination: the cursor names the last row, so page 1,000 costs as much as the first."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import orjson
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from config import limits
from volumes.api.query_params import Query
from volumes.specs.parsers import text

Row = TypeVar("Row", bound=models.Model)
One = TypeVar("One")
AnyRequest = HttpRequest | Request

PARAMETERS = frozenset({"limit", "cursor", "count"})
ROWS_AT_ONCE = 100
"""Rows that are read from the database at a time."""
ENCODED_AT_ONCE = 25
"""Rows that are encoded together: they need one buffer, which is up to ten times a single row's size."""

SORTS = {"createdAt": "id", "name": "name", "size": "size", "version": "position"}
"""Identifiers are ordered by time: creation order is the order of ids. Only histories use `version`."""


class ListPage:
    """The requested part of a list, and its order."""

    def __init__(self, query: Query, *, sort: str = "createdAt") -> None:
        self.sort = sort
        self.column = SORTS[sort.removeprefix("-")]
        self.limit = query.number("limit", limits.MAX_LIST_ROWS, most=limits.MAX_LIST_ROWS)
        self.count = query.flag("count")
        self.after: tuple[Any, uuid.UUID] | None = None
        if (cursor := query.text("cursor")) is not None:
            try:
                self.after = self._decode(cursor)
            except (ValueError, RecursionError):
                query.note("cursor", "is no cursor of this list")

    def answer(
        self, request: AnyRequest, rows: models.QuerySet[Row], to_json: Callable[[Row], Any]
    ) -> HttpResponse:
        """Return the page as a bare array, with links in its headers."""
        answer = self.reply(request, self.read(self.slice(rows)), to_json)
        if self.count:
            answer["X-Total-Count"] = str(rows.count())
        return answer

    def slice(self, rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
        """Return the rows of the page and, if there are more, one beyond it."""
        down = "-" if self.sort.startswith("-") else ""
        ordered = rows.order_by(f"{down}{self.column}", f"{down}id")
        return ordered.filter(self._beyond())[: self.limit + 1]

    def read(self, rows: models.QuerySet[Any, One]) -> Iterator[One]:
        """Yield the rows of `slice` in batches: rows beyond the bytes of a page are never in memory."""
        if self.limit < ROWS_AT_ONCE:
            return iter(rows)
        return rows.iterator(chunk_size=ROWS_AT_ONCE)

    def reply(
        self, request: AnyRequest, rows: Iterable[One], to_json: Callable[[One], Any]
    ) -> HttpResponse:
        """Return the response for the rows of this page and, if there are more, one beyond it.

        It ends at `limit` rows or before it exceeds MAX_LIST_BYTES, but has one row at least.
        """
        body = bytearray(b"[")
        last = self._fill(body, iter(rows), to_json)
        body += b"]"
        answer = HttpResponse(bytes(body), content_type="application/json")
        if last is not None:
            query = request.GET.copy()
            query["cursor"] = self._encode(last)
            url = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
            answer["Link"] = f'<{url}>; rel="next"'
        return answer

    def _fill(
        self, body: bytearray, rows: Iterator[One], to_json: Callable[[One], Any]
    ) -> One | None:
        """Add the rows that fit into the page. Return the last of them, None if all were added."""
        last, left = None, self.limit
        while some := list(islice(rows, min(left, ENCODED_AT_ONCE))):
            left -= len(some)
            if _append(body, some, to_json):
                last = some[-1]
                continue
            for row in some:
                if not _append(body, [row], to_json, is_first=last is None):
                    return last
                last = row
        return None if next(rows, None) is None else last

    def _beyond(self) -> Q:
        if self.after is None:
            return Q()
        value, pk = self.after
        more = "lt" if self.sort.startswith("-") else "gt"
        if self.column == "id":
            return Q(**{f"id__{more}": pk})
        # In this form an index on (column, id) can seek: the first part bounds the scan.
        beyond = Q(**{f"{self.column}__{more}": value})
        return Q(**{f"{self.column}__{more}e": value}) & (
            beyond | Q(**{self.column: value, f"id__{more}": pk})
        )

    def _encode(self, row: Any) -> str:
        value = None if self.column == "id" else getattr(row, self.column)
        parts = json.dumps([self.sort, value, str(row.id)], separators=(",", ":"))
        return base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")

    def _decode(self, cursor: str) -> tuple[Any, uuid.UUID]:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw.decode("ascii"))
        kind = {"id": type(None), "name": str}.get(self.column, int)
        if not isinstance(found, list) or [type(part) for part in found] != [str, kind, str]:
            raise ValueError("no cursor at all")
        sort, value, pk = found
        if sort != self.sort:
            raise ValueError("another list's")
        if isinstance(value, int) and not 0 < value < 2**63:
            raise ValueError("no such size")
        return text(value) if isinstance(value, str) else value, uuid.UUID(pk)


def _append(
    body: bytearray, rows: list[One], to_json: Callable[[One], Any], *, is_first: bool = False
) -> bool:
    """Add the rows to an array without its end, unless that makes it too long."""
    part = orjson.dumps(list(map(to_json, rows)))
    # Its brackets have the length of a comma and the end.
    is_full = len(body) + len(part) > limits.MAX_LIST_BYTES
    if is_full and not is_first:
        return False
    if len(body) > 1:
        body += b","
    body += memoryview(part)[1:-1]
    return True

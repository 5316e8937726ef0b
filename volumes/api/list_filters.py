"""Filters of lists, by the query of a request."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from volumes.api.query_params import Query
from volumes.models import Application, Environment, Volume, VolumeStatus
from volumes.models.volume import VolumeQuerySet
from volumes.queries import search

NAME_FILTERS = frozenset({"name", "nameIs", "includeDeleted"})
VOLUME_FILTERS = NAME_FILTERS | {"status", "attached", "label", "sort"}

Named = TypeVar("Named", Volume, Application, Environment)


def filter_named(
    rows: models.QuerySet[Named], query: Query, *, many: int = search.FREQUENT_MATCHES
) -> models.QuerySet[Named]:
    """`name` (substring, whatever its case), `nameIs` (exact), `includeDeleted`.

    `many` is one more than a page of them shows.
    """
    if not query.flag("includeDeleted"):
        rows = rows.filter(is_deleted=False)
    if (part := query.text("name")) is not None:
        rows = search.name_contains(rows, part, many=many)
    if (name := query.text("nameIs")) is not None:
        rows = rows.filter(name=name)
    return rows


def filter_volumes(rows: VolumeQuerySet, query: Query, *, many: int) -> VolumeQuerySet:
    """Apply all filters of the query. Invalid values become problems of the query."""
    found: VolumeQuerySet = filter_named(rows, query, many=many)  # type: ignore[assignment]
    if status := query.choice("status", VolumeStatus.values):
        found = found.filter(status=status)
    if (attached := query.flag("attached")) is not None:
        found = search.filter_mounted(found, attached)
    for text in query.given.getlist("label"):
        if (label := search.read_label(text)) is None:
            query.note("label", "must be key:value in the label syntax of Kubernetes")
            continue
        found = search.filter_labelled(found, *label)
    return found

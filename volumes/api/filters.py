"""Narrowing lists."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, StrIndex
from django.db.models.lookups import GreaterThan

from volumes.api.query import Query
from volumes.models import Application, Attachment, Environment, Volume, VolumeStatus
from volumes.querysets import VolumeQuerySet
from volumes.rules.fields import is_label_key, is_label_value

NAME_FILTERS = frozenset({"name", "nameIs", "includeDeleted"})
VOLUME_FILTERS = NAME_FILTERS | {"status", "attached", "label", "sort"}

Named = TypeVar("Named", Volume, Application, Environment)


def filter_named(rows: models.QuerySet[Named], query: Query) -> models.QuerySet[Named]:
    """`name` (substring, whatever its case), `nameIs` (exact), `includeDeleted`."""
    if not query.flag("includeDeleted"):
        rows = rows.filter(is_deleted=False)
    if (part := query.text("name")) is not None:
        # Names are lower case: so the index-friendly comparison will do.
        rows = rows.filter(name__contains=part.lower())
    if (name := query.text("nameIs")) is not None:
        rows = rows.filter(name=name)
    return rows


def filter_volumes(rows: VolumeQuerySet, query: Query) -> VolumeQuerySet:
    """All of them combine. Notes a problem in the query for a value that cannot be."""
    found: VolumeQuerySet = filter_named(rows, query)  # type: ignore[assignment]
    if status := query.choice("status", VolumeStatus.values):
        found = found.filter(status=status)
    if (attached := query.flag("attached")) is not None:
        mounted = Exists(Attachment.objects.filter(volume=OuterRef("pk")))
        found = found.filter(mounted if attached else ~mounted)
    for label in query.given.getlist("label"):
        key, colon, value = label.partition(":")
        if not (colon and is_label_key(key) and is_label_value(value)):
            query.note("label", "must be key:value in the label syntax of Kubernetes")
            continue
        # Neither part can hold a quote, so the pair as JSON writes it is found nowhere else. JSON
        # look-ups would take a key such as "1" for an index.
        pair = StrIndex(Cast("labels", TextField()), Value(f'"{key}": "{value}"'))
        found = found.filter(GreaterThan(pair, 0))
    return found

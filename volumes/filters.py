"""Narrowing lists: what each filter means, for every door that offers it."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, StrIndex
from django.db.models.lookups import GreaterThan

from volumes.models import Attachment
from volumes.querysets import VolumeQuerySet
from volumes.rules.fields import is_label_key, is_label_value

Rows = TypeVar("Rows", bound=models.QuerySet[Any])


def named_like(rows: Rows, part: str) -> Rows:
    """Those with `part` in their name, whatever its case."""
    # Names are lower case: so the index-friendly comparison will do.
    return rows.filter(name__contains=part.lower())


def is_mounted() -> Exists:
    """Whether any application mounts the volume of the row."""
    return Exists(Attachment.objects.filter(volume=OuterRef("pk")))


def mounted(rows: VolumeQuerySet, wanted: bool) -> VolumeQuerySet:
    return rows.filter(is_mounted() if wanted else ~is_mounted())


def read_label(text: str) -> tuple[str, str] | None:
    """The pair that `key:value` names, None where it can be none."""
    key, colon, value = text.partition(":")
    return (key, value) if colon and is_label_key(key) and is_label_value(value) else None


def labelled(rows: VolumeQuerySet, key: str, value: str) -> VolumeQuerySet:
    """Those that carry this pair, which `read_label` has read."""
    # Neither part can hold a quote, so the pair as JSON writes it is found nowhere else. JSON
    # look-ups would take a key such as "1" for an index.
    pair = StrIndex(Cast("labels", TextField()), Value(f'"{key}": "{value}"'))
    return rows.filter(GreaterThan(pair, 0))

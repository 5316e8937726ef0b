"""Converts between the inputs of a volume's form, which are text, and the API's body, which is JSON.

Nothing is refused here. Text that cannot be converted stays as typed, and the parser refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from django.http import QueryDict

from volumes.models import Volume
from volumes.specs.parsers import MB_IN
from volumes.specs.volume import STORED_FIELDS, VOLUME_FIELDS
from volumes.specs.volume_field import Input, VolumeField

Values = dict[str, Any]
"""By the name of the input: text, but for `protected` (bool) and `applications` (their ids)."""

_FIELDS = {field.form_name: field for field in VOLUME_FIELDS}
_INPUTS = {name: field.input for name, field in _FIELDS.items()}

SIZE = re.compile(r"([0-9]+)(?:\.([0-9]{1,9}))?\s*(?:([mgt])(?:i?b|i)?)?", re.ASCII | re.I)


def from_query(query: QueryDict, names: Iterable[str]) -> Values:
    """Return the values that were sent, or the defaults from the address."""
    return {name: _read(query, name) for name in names}


def _read(query: QueryDict, name: str) -> Any:
    kind = _INPUTS.get(name)
    if kind is Input.CHOICES:
        return query.getlist(name)
    if kind is Input.CHECKBOX:
        return name in query
    # Browsers send the line ends of a text area as CR LF.
    return str(query.get(name, "")).replace("\r\n", "\n").strip()


def from_volume(volume: Volume, names: Iterable[str]) -> Values:
    mounted = [f"app-{one.application_id}" for one in volume.attachments.all()]
    values: Values = {
        field.form_name: _text(field, getattr(volume, field.column)) for field in STORED_FIELDS
    }
    values |= {"applications": mounted, "version": str(volume.version)}
    return {name: values[name] for name in names}


def _text(field: VolumeField, value: Any) -> Any:
    match field.input:
        case Input.SIZE:
            return size_text(value)
        case Input.PAIRS:
            return "\n".join(f"{key}={one}" for key, one in value.items())
        case _:
            return value


def body_of(values: Values, *, new: bool) -> dict[str, Any]:
    """What the API would be sent. A new volume says nothing of what was left empty."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        if new and not value:
            continue
        match _INPUTS.get(name):
            case Input.SIZE:
                body["resourceRequests"] = {"storage": storage_of(value)}
            case Input.PAIRS:
                body[name] = labels_of(value)
            case None:  # the version, which is hidden
                body[name] = int(value) if re.fullmatch("[0-9]{1,9}", value) else value
            case _:
                body[_FIELDS[name].name] = value
    return body


def storage_of(text: str) -> str:
    """ "10 gb" as the API writes it, "10GB"; a bare number is MB."""
    match = SIZE.fullmatch(text)
    if match is None:
        return text
    whole, fraction, unit = match[1], match[2], f"{(match[3] or 'M').upper()}B"
    if fraction is None:
        return f"{whole}{unit}"
    if len(whole) > 18:
        return text
    mb = Fraction(f"{whole}.{fraction}") * MB_IN[unit]
    return f"{mb}MB" if mb.denominator == 1 else text


def size_text(mb: int) -> str:
    """Exactly, in the largest unit that is whole: what an input starts with."""
    unit = next(
        unit for unit in ("TB", "GB", "MB") if unit == "MB" or (mb and mb % MB_IN[unit] == 0)
    )
    return f"{mb // MB_IN[unit]}{unit}"


def labels_of(text: str) -> dict[str, str]:
    """One pair a line: `key=value` or `key: value`."""
    labels: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        key, _, value = re.sub(r"\s*[=:]\s*", "=", line, count=1).partition("=")
        # A key cannot stand there twice: the second one stays a whole line, which no rule takes.
        labels[line if key in labels else key] = "" if key in labels else value
    return labels

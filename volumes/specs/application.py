"""What a caller asks of an application."""

from __future__ import annotations

from dataclasses import dataclass

from volumes.specs import parsers
from volumes.specs.parsers import VERSIONED, Body, Reader, Spec

KNOWN = VERSIONED | {"name", "envIdRef", "volumeMounts"}


@dataclass(frozen=True, kw_only=True)
class ApplicationSpec(Spec):
    """The name, the only thing that a caller sets."""

    name: str | None = None


def parse_application(body: Body, *, new: bool) -> ApplicationSpec:
    reader = Reader(body, known=KNOWN)
    return ApplicationSpec(
        version=parsers.version(body),
        name=reader.read("name", parsers.dns_label, required=new),
        problems=tuple(reader.problems),
    )

"""What a caller asks of an environment."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from config.limits import MAX_QUOTA
from volumes.specs import parsers
from volumes.specs.parsers import VERSIONED, Body, Reader, Spec

KNOWN = VERSIONED | {"name", "resourceQuota"}


@dataclass(frozen=True, kw_only=True)
class EnvironmentSpec(Spec):
    """Whether the name is required, the rules say: it depends on the company."""

    name: str | None = None
    company_id: uuid.UUID | None = None
    has_quota: bool = False
    storage_quota: int | None = None
    """With `has_quota`, None is a value: no quota."""


def parse_environment(body: Body) -> EnvironmentSpec:
    reader = Reader(body, known=KNOWN)
    name = reader.read("name", parsers.dns_label)
    company_id = reader.read("companyIdRef", parsers.identifier(""))
    quota = reader.read("resourceQuota", parsers.mapping)
    return EnvironmentSpec(
        version=parsers.version(body),
        name=name,
        company_id=company_id,
        has_quota=quota is not None and "storage" in quota,
        storage_quota=None if quota is None else _read_quota(reader, quota),
        problems=tuple(reader.problems),
    )


def _read_quota(reader: Reader, quota: Body) -> int | None:
    inner = Reader(quota, known={"storage"})
    storage = None if quota.get("storage") is None else inner.read("storage", _quota)
    for problem in inner.problems:
        reader.add_problem(f"resourceQuota.{problem.field}", problem.code, problem.message)
    return storage


def _quota(value: Any) -> int:
    quota = parsers.integer(value)
    if quota < 0:
        raise parsers.InvalidValue("must be 0 or more, or null for none")
    if quota > MAX_QUOTA:
        raise parsers.InvalidValue(f"must be at most {MAX_QUOTA} MB", "too_large")
    return quota

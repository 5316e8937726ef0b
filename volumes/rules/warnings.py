"""What is allowed and yet probably not meant: the source document's best practices."""

from __future__ import annotations

import re
from collections.abc import Iterable

from config.errors import Problem

VAGUE_NAME = re.compile(
    r"(data|disk|storage|store|volume|vol|test|tmp|temp|new|my|foo|bar|untitled|default)-?[0-9]*"
)
SYSTEM_PATHS = ("/etc", "/usr", "/bin", "/lib", "/sbin", "/boot", "/root", "/var/run")


def vague_name(name: str) -> Iterable[Problem]:
    if VAGUE_NAME.fullmatch(name):
        yield Problem(
            "name", "vague_name", "says little: name its purpose, such as postgres-data or uploads"
        )


def system_path(path: str) -> Iterable[Problem]:
    for system in SYSTEM_PATHS:
        if path == system or path.startswith(f"{system}/"):
            yield Problem("mountPath", "system_path", f"hides what an image keeps in {system}")


def quota_low(*, limit: int | None, after: int) -> Iterable[Problem]:
    if limit is not None and limit - after < limit / 10:
        left = limit - after
        yield Problem(
            "size", "quota_low", f"leaves {left} MB of {limit} MB in this environment's quota"
        )


def nested_path(path: str, others: Iterable[str]) -> Iterable[Problem]:
    """`others` are the mount paths of the same applications."""
    for other in others:
        if is_inside(path, other) or is_inside(other, path):
            yield Problem(
                "mountPath", "nested_path", f"nests with {other}, which the same application mounts"
            )


def is_inside(path: str, other: str) -> bool:
    return path.startswith(f"{other}/")

"""Suggest a valid replacement for an invalid value, if one is easy to find."""

from __future__ import annotations

import posixpath
import re
import unicodedata

from config.errors import Problem
from volumes.models import Environment
from volumes.presentation.form_values import Values, size_text
from volumes.rules.volumes import Review
from volumes.specs.parsers import InvalidValue, dns_label, mount_path

LABELS = {
    "name_taken": "Free and close:",
    "system_path": "Usual:",
    "mount_path_taken": "Usual:",
    "quota_exceeded": "What fits:",
    "no_space": "What fits:",
}


def suggestion_label(problem: Problem) -> str:
    """Return the text before the suggested value."""
    return LABELS.get(problem.code, "Close to it:")


def suggest(problem: Problem, values: Values, environment: Environment, found: Review) -> str:
    """Return a valid value for the problem's field, or ""."""
    match problem.field, problem.code:
        case "name", "name_taken":
            return free_name(environment, values["name"])
        case "name", "invalid":
            return _as_label(values["name"])
        case "mountPath", "system_path" | "mount_path_taken":
            usual = f"/data/{found.normalized['name']}" if found.normalized["name"] else ""
            return usual if usual != values["mountPath"] else ""
        case "mountPath", "invalid":
            return _as_path(values["mountPath"])
        case "size", "quota_exceeded" | "no_space":
            return _what_fits(found)
        case "size", "invalid" if found.snapshot:
            return size_text(found.snapshot.size)
    return ""


def free_name(environment: Environment, name: str) -> str:
    """Return the name with the next free number appended."""
    stem = re.sub(r"-[0-9]+$", "", name)[:56].rstrip("-")
    close = environment.volumes.live().filter(name__startswith=f"{stem}-")
    taken = set(close.values_list("name", flat=True))
    return next(
        free for number in range(2, len(taken) + 3) if (free := f"{stem}-{number}") not in taken
    )


def _as_label(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    close = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].rstrip("-")
    try:
        return dns_label(close)
    except InvalidValue:
        return ""


def _as_path(path: str) -> str:
    try:
        return mount_path(posixpath.normpath(f"/{path.strip('/')}"))
    except InvalidValue:
        return ""


def _what_fits(found: Review) -> str:
    left, wanted = found.room.available, found.spec.size
    if not left or wanted is None:
        return ""
    present = wanted - found.room.extra
    fits, round_one = present + left, (present + left) // 1024 * 1024
    return size_text(round_one if round_one > present else fits)

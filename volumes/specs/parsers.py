"""Parsing the fields of a body: each parser returns a clean value or adds a problem, never both.

The wire's names are used throughout, so that a problem can be shown where it was typed. Nothing here
asks the database.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from config import paths
from config.errors import Problem

Clean = TypeVar("Clean")
Body = Mapping[str, Any]

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
UUID = re.compile(paths.UUID)
STORAGE = re.compile(r"([0-9]+)(MB|GB|TB|Mi|Gi|Ti)", re.ASCII)
MB_IN = {"MB": 1, "Mi": 1, "GB": 1024, "Gi": 1024, "TB": 1024**2, "Ti": 1024**2}
# The label syntax of Kubernetes: an optional DNS subdomain and a slash before the name of a key.
LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII)
# A lone surrogate would be stored by SQLite and then break every list that holds the row.
NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

COMMON = {"id", "createdBy", "createdAt"}
VERSIONED = COMMON | {"companyIdRef", "isDeleted", "modifiedBy", "modifiedAt", "version"}
"""Fields that Holdfast sets itself. Bodies may contain them; they are ignored."""


class InvalidValue(ValueError):
    """Why a value is invalid, in words that follow the field's name."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A parsed request. A value is None if it was not given or has a problem."""

    version: int | InvalidValue | None = None
    """The version that the caller read. A bad one is refused first and alone."""
    problems: tuple[Problem, ...] = ()
    """Parse problems, which depend on no rows."""

    def has_no_problem(self, field: str) -> bool:
        return all(problem.field != field for problem in self.problems)

    def lacks(self, field: str, value: object) -> bool:
        """Return whether the field of this parsed value was not given at all."""
        return value is None and self.has_no_problem(field)


class Reader:
    """Reads one body and collects all problems."""

    def __init__(self, body: Body, *, known: Collection[str]) -> None:
        self.body = body
        self.problems = [
            Problem(name, "unknown_field", "is not a field of this object")
            for name in body
            if name not in known
        ]

    def read(
        self, name: str, reader: Callable[[Any], Clean], *, required: bool = False
    ) -> Clean | None:
        """Return the clean value, None if it is absent or has a problem."""
        if name not in self.body:
            if required:
                self.add_problem(name, "required", "is required")
            return None
        if self.body[name] is None:
            self.add_problem(name, "invalid", "may not be null")
            return None
        try:
            return reader(self.body[name])
        except InvalidValue as error:
            self.add_problem(name, error.code, str(error))
            return None

    def add_problem(self, field: str, code: str, message: str) -> None:
        self.problems.append(Problem(field, code, message))


def version(body: Body) -> int | InvalidValue | None:
    """Return the version of the body, or why it is invalid."""
    if "version" not in body:
        return None
    try:
        return integer(body["version"])
    except InvalidValue as error:
        return error


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidValue("must be a string")
    if NOT_TEXT.search(value):
        raise InvalidValue("must be text without NUL and lone surrogates")
    return value


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue("must be true or false")
    return value


def integer(value: Any) -> int:
    # In Python True is an int, and 1.0 equals 1: neither is a whole number in the body.
    if type(value) is not int:
        raise InvalidValue("must be a whole number")
    return value


def dns_label(value: Any) -> str:
    if not LABEL.fullmatch(text(value)):
        raise InvalidValue(
            "must be a DNS label: 1 to 63 of a-z, 0-9 and -, not starting or ending with -"
        )
    return str(value)


def identifier(prefix: str) -> Callable[[Any], uuid.UUID]:
    """Return the parser of `<prefix><uuid>` or of the bare UUID."""

    def reader(value: Any) -> uuid.UUID:
        bare = text(value).removeprefix(prefix)
        if not UUID.fullmatch(bare):
            raise InvalidValue(f"must be an identifier of the form {prefix}<uuid>")
        return uuid.UUID(bare)

    return reader


def storage(value: Any) -> int:
    """Return the MB of a text such as "10GB". All units are binary."""
    match = STORAGE.fullmatch(text(value))
    if not match:
        raise InvalidValue("must be a whole number with MB, GB, TB, Mi, Gi or Ti, such as 10GB")
    if len(match[1].lstrip("0")) > 18:
        raise InvalidValue("is far too large", "too_large")
    return int(match[1]) * MB_IN[match[2]]


def description(value: Any) -> str:
    if len(text(value)) > 500:
        raise InvalidValue("must be at most 500 characters")
    return str(value)


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValue("must be an object")
    return value


def read_labels(reader: Reader) -> dict[str, str] | None:
    """Return up to 32 pairs in the label syntax of Kubernetes. Each bad pair adds a problem."""
    given = reader.read("labels", mapping)
    if given is not None and len(given) > 32:
        reader.add_problem("labels", "invalid", "must be at most 32 pairs")
    for key, value in (given or {}).items():
        if not is_label_key(key):
            reader.add_problem(f"labels.{key}", "invalid", "is no Kubernetes label key")
        elif not is_label_value(value):
            reader.add_problem(f"labels.{key}", "invalid", "must be a Kubernetes label value")
    # In the order in which PostgreSQL keeps them, so that all responses are the same.
    return given and dict(sorted(given.items(), key=lambda pair: (len(pair[0]), pair[0])))


def is_label_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    if slash and not (len(prefix) <= 253 and SUBDOMAIN.fullmatch(prefix)):
        return False
    return LABEL_NAME.fullmatch(name) is not None


def is_label_value(value: Any) -> bool:
    return value == "" or (isinstance(value, str) and LABEL_NAME.fullmatch(value) is not None)


def mount_path(value: Any) -> str:
    """Return an absolute, normalised POSIX path outside the kernel's. One trailing slash is dropped."""
    path = text(value)
    if len(path) > 1 and path.endswith("/"):
        path = path[:-1]
    if not path.startswith("/"):
        raise InvalidValue("must be an absolute path")
    if path == "/":
        raise InvalidValue("must not be the root directory")
    if len(path.encode()) > 1024:
        raise InvalidValue("must be at most 1024 bytes")
    if ":" in path or CONTROL.search(path):
        raise InvalidValue("must not contain a colon or a control character")
    parts = path[1:].split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise InvalidValue("must be normalised: no empty component, no . and no ..")
    if any(len(part.encode()) > 255 for part in parts):
        raise InvalidValue("must have components of at most 255 bytes each")
    if parts[0] in {"proc", "sys", "dev"}:
        raise InvalidValue(f"must not be at or under /{parts[0]}")
    return path


def list_of(reader: Callable[[Any], Clean]) -> Callable[[Any], list[Clean]]:
    """Return the parser of an array. Repeated members count once."""

    def read_list(value: Any) -> list[Clean]:
        if not isinstance(value, list):
            raise InvalidValue("must be an array")
        return list(dict.fromkeys(reader(member) for member in value))

    return read_list

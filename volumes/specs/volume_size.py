"""Reading the size of a volume, which a body says as a number, as text, or as both."""

from __future__ import annotations

from django.conf import settings

from volumes.specs import parsers
from volumes.specs.parsers import Reader


def read_size(reader: Reader, required: bool) -> int | None:
    """`size`, or `resourceRequests.storage`, which says the same in words; both must agree."""
    in_words = _read_size_in_words(reader)
    size = reader.read("size", parsers.integer)
    if required and not {"size", "resourceRequests"} & set(reader.body):
        reader.add_problem("size", "required", "is required")
    if size is not None and in_words is not None and size != in_words:
        reader.add_problem(
            "resourceRequests.storage", "size_mismatch", f"says {in_words} MB, but size says {size}"
        )
        return None
    wanted, name = (size, "size") if size is not None else (in_words, "resourceRequests.storage")
    if wanted is None:
        return None
    if wanted < 1:
        reader.add_problem(name, "invalid", "must be at least 1 MB")
        return None
    if wanted > settings.VOLUME_MAX_SIZE:
        reader.add_problem(name, "too_large", f"must be at most {settings.VOLUME_MAX_SIZE} MB")
        return None
    return wanted


def _read_size_in_words(reader: Reader) -> int | None:
    requests = reader.read("resourceRequests", parsers.mapping)
    if requests is None:
        return None
    inner = Reader(requests, known={"storage"})
    in_words = inner.read("storage", parsers.storage, required=True)
    for problem in inner.problems:
        reader.add_problem(f"resourceRequests.{problem.field}", problem.code, problem.message)
    return in_words

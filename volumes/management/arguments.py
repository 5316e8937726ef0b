"""Argument types of several commands. Each raises ArgumentTypeError."""

import uuid
from argparse import ArgumentTypeError
from collections.abc import Callable

from config.limits import MAX_QUOTA
from volumes.backends.pool import MAX_SIZE, MIN_SIZE
from volumes.models import Volume
from volumes.presentation.form_values import storage_of
from volumes.specs.parsers import InvalidValue, identifier, storage


def environment_id(value: str) -> uuid.UUID:
    try:
        return identifier("")(value)
    except InvalidValue as error:
        raise ArgumentTypeError(str(error)) from None


def volume_id(value: str) -> uuid.UUID:
    """Parse a volume id with or without its prefix."""
    try:
        return identifier(Volume.prefix)(value)
    except InvalidValue as error:
        raise ArgumentTypeError(str(error)) from None


def pool_size(value: str) -> int:
    """Parse the size of a pool, such as "200GB" or "1.5 TB", to MB. A bare number is MB."""
    try:
        size = storage(storage_of(value))
    except InvalidValue as error:
        raise ArgumentTypeError(str(error)) from None
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ArgumentTypeError(f"must be from {MIN_SIZE} MB to {MAX_SIZE // 2**20} TB")
    return size


def whole_number(*, least: int = 0, most: int) -> Callable[[str], int]:
    def reader(value: str) -> int:
        # int() also accepts "1_000", "+1" and digits of other scripts.
        if not (value.isascii() and value.isdigit() and len(value) < 18):
            raise ArgumentTypeError("must be a whole number")
        if not least <= int(value) <= most:
            raise ArgumentTypeError(f"must be from {least} to {most}")
        return int(value)

    return reader


days = whole_number(most=36_500)
hours = whole_number(most=876_000)
megabytes = whole_number(most=MAX_QUOTA)

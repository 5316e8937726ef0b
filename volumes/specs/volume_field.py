"""What the table of a volume's fields says about each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import Any

from volumes.specs.json_schema import Schema
from volumes.specs.parsers import Reader


class Input(Enum):
    """How a person enters a value."""

    TEXT = auto()
    TEXTAREA = auto()
    SIZE = auto()
    PAIRS = auto()
    """One pair a line."""
    CHECKBOX = auto()
    CHOICES = auto()


class Form(Flag):
    """The forms that ask for a value: three of the console, one of the admin."""

    NEW = auto()
    EDIT = auto()
    GROW = auto()
    ADMIN = auto()


NOWHERE = Form(0)


@dataclass(frozen=True)
class VolumeField:
    """A field of a volume: how it is parsed, stored, entered and described."""

    name: str
    """On the wire, in problems and in the history."""
    column: str = ""
    """Of the row, and of a spec that sets it. Empty for what a row does not have."""
    attribute: str = ""
    """Of the spec, where that is not the column."""
    parse: Callable[[Any], Any] | None = None
    read: Callable[[Reader, bool], Any] | None = None
    """In the place of `parse`, to read more than the own value. The flag is true for a new volume."""
    is_required: bool = False
    """In a new volume."""
    is_only_new: bool = False

    schema: Schema | None = None
    """In a response. None for what only requests have."""
    accepts: Schema | None = None
    """In a request. None for what callers cannot set."""
    accepts_new: Schema | None = None
    """In a request for a new volume, where that differs."""
    example: Any = ""

    label: str = ""
    """What people call it."""
    input: Input | None = None
    input_name: str = ""
    """Of the console's input, where that is not the field's name."""
    forms: Form = NOWHERE
    is_detail: bool = False
    """Whether the console folds it away at first."""
    admin_hint: str = ""

    @property
    def is_set_by_caller(self) -> bool:
        return self.parse is not None or self.read is not None

    @property
    def is_stored(self) -> bool:
        """Whether a caller sets a column of the row, whose changes the history tells."""
        return self.is_set_by_caller and self.column != ""

    @property
    def spec_attribute(self) -> str:
        return self.attribute or self.column

    @property
    def form_name(self) -> str:
        return self.input_name or self.name

    def value(self, reader: Reader, *, new: bool) -> Any:
        """What the body says, None for nothing; problems are noted in the reader."""
        if self.read is not None:
            return self.read(reader, new)
        assert self.parse is not None
        return reader.read(self.name, self.parse, required=new and self.is_required)

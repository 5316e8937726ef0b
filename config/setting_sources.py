"""Where settings come from: the environment, else the file of settings."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from config import settings_file


class BadSetting(SystemExit):
    """A setting that cannot be used. As a SystemExit it ends the process with its sentence alone."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"holdfast: {name}{settings_file.current().origin(name)} {why}")


def is_set(name: str) -> bool:
    return lookup(name) != (name, None)


_known: set[str] = set()
"""Every name that was looked up, and so every name that a file of settings may have."""


def lookup(name: str) -> tuple[str, str | None]:
    """Return NAME_FILE or NAME, whichever is set, and its value; NAME and None if neither is.

    One in the environment wins over both in the file.
    """
    names = (f"{name}_FILE", name)
    _known.update(names)
    entries = settings_file.current().entries
    for key in names:
        if key in os.environ:
            return key, os.environ[key]
    for key in names:
        if key in entries:
            return key, entries[key].value
    return name, None


def refuse_unknown_names() -> None:
    """Raise SystemExit if the file of settings has a name that no setting has.

    Call it after every setting was read.
    """
    settings = settings_file.current()
    for name, entry in settings.entries.items():
        if name not in _known:
            similar = difflib.get_close_matches(name, _known, 1)
            hint = f"; {similar[0]} is the closest" if similar else ""
            raise SystemExit(
                f"holdfast: {settings.path} cannot be read: there is no setting {name} (line"
                f" {entry.line}){hint}"
            )


def absolute(name: str, value: str) -> Path:
    """Return the path. In a file, which is read from any directory, it must be absolute."""
    path = Path(value)
    if not path.is_absolute() and settings_file.current().origin(name):
        raise BadSetting(name, "must be an absolute path")
    return path.absolute()

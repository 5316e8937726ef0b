"""The file of settings that server, commands and cron share. The environment wins over it.

It is read as systemd reads an EnvironmentFile. What systemd would change, such as a backslash, is
refused. Messages never repeat a value, which may be a secret.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from config.private_files import UnusableFile, check_owner, read_private

CHOICE = "HOLDFAST_CONFIG"
DEFAULTS = (Path("/etc/holdfast/holdfast.env"), Path("holdfast.env"))

CODE = Path(__file__)

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = " \t"


class Entry(NamedTuple):
    value: str
    line: int


class SettingsFile(NamedTuple):
    """What the file said when it was read. Workers get the one of their server."""

    path: Path | None = None
    owner: int = 0
    entries: dict[str, Entry] = {}

    def origin(self, name: str) -> str:
        """Return where the value of `name` comes from if that is not the environment."""
        if name in os.environ or name not in self.entries:
            return ""
        return f" (line {self.entries[name].line} of {self.path})"


_inherited: list[SettingsFile] = []


def use(settings: SettingsFile) -> None:
    """Read no file in this process: a worker keeps the settings that its server was started with."""
    _inherited[:] = [settings]
    current.cache_clear()


@lru_cache(maxsize=1)
def current() -> SettingsFile:
    """Return the settings of the file, or none. Raises SystemExit if the file cannot be used."""
    if _inherited:
        return _inherited[0]
    chosen = os.environ.get(CHOICE)
    if chosen is not None:
        return _read(Path(chosen).absolute()) if chosen else SettingsFile()
    path = next((path for path in DEFAULTS if os.path.lexists(path)), None)
    if path is None:
        return SettingsFile()
    settings = _read(path.absolute())
    if not path.is_absolute():
        _check_trusted(settings)
    return settings


def refuse_other_owners() -> None:
    """Raise SystemExit if the file belongs neither to root nor to the user of this process."""
    settings = current()
    try:
        check_owner(settings.owner)
    except UnusableFile as error:
        raise SystemExit(f"holdfast: {settings.path} {error}") from None


def _check_trusted(settings: SettingsFile) -> None:
    """Raise SystemExit if root found the file in the working directory and its owner is not trusted.

    The file names the storage, and root acts for the owner of the storage.
    """
    if os.getuid() == 0 and settings.owner not in (0, CODE.stat().st_uid):
        raise SystemExit(
            f"holdfast: {settings.path} belongs to user {settings.owner}, who owns neither this code nor"
            f" the machine: to use it all the same, name it in {CHOICE}"
        )


def _read(path: Path) -> SettingsFile:
    try:
        content, owner = read_private(path)
        return SettingsFile(path, owner, _parse(content))
    except UnusableFile as error:
        raise SystemExit(f"holdfast: {path} {error}") from None


def _parse(text: str) -> dict[str, Entry]:
    """Return the entries by name. Raises UnusableFile with the number of the line."""
    entries: dict[str, Entry] = {}
    for number, line in enumerate(_LINE_END.split(text), 1):
        stripped = line.strip(_BLANKS)
        if not stripped or stripped[0] in "#;":
            if stripped.endswith("\\"):
                raise UnusableFile(
                    f"cannot be read: the comment in line {number} ends in a backslash"
                )
            continue
        name, equals, value = stripped.partition("=")
        name = name.rstrip(_BLANKS)
        if not equals or not _NAME.fullmatch(name):
            raise UnusableFile(f"cannot be read: line {number} is not NAME=value")
        if name in entries:
            lines = f"lines {entries[name].line} and {number}"
            raise UnusableFile(f"cannot be read: {lines} both set {name}")
        try:
            entries[name] = Entry(_value(value.strip(_BLANKS)), number)
        except ValueError as error:
            raise UnusableFile(
                f"cannot be read: the value of {name} in line {number} {error}"
            ) from None
    return entries


def _value(text: str) -> str:
    """Return the value without quotes. Raises ValueError for what systemd would read differently."""
    if not text.isprintable():
        raise ValueError("has a character that cannot be printed")
    if "\\" in text:
        raise ValueError("has a backslash, which systemd reads as the start of an escape")
    if text[:1] in {'"', "'"}:
        quote, inner = text[0], text[1:-1]
        if len(text) < 2 or text[-1] != quote or quote in inner:
            raise ValueError("begins with a quote: quote the whole value once, or nothing of it")
        return inner
    if " #" in text or "\t#" in text:
        raise ValueError("has a comment behind it: give the comment a line of its own")
    return text

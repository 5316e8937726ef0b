"""Refuses to start with text that is not UTF-8, because it could be neither stored nor printed."""

import os
import sys
from collections.abc import Iterator, Sequence

SHELL_VARIABLES = frozenset({b"PWD", b"OLDPWD", b"_"})
"""Variables that shells set. Holdfast reads none of them."""


def refuse_other_encodings(arguments: Sequence[str]) -> None:
    """Check arguments, environment and working directory. Call it before anything reads them.

    Raises SystemExit with status 2 after one line on standard error. The line names the place but not
    the value, which may be a password.
    """
    for place, value, cure in _values(arguments):
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            sys.stderr.write(f"holdfast: {place} is not UTF-8; {cure}\n")
            raise SystemExit(2) from None


def _values(arguments: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
    for number, argument in enumerate(arguments):
        cure = "encode it in UTF-8, or rename the file that it names"
        yield f"argument {number}", os.fsencode(argument), cure
    for name, value in os.environb.items():
        if name not in SHELL_VARIABLES:
            shown = name.decode("ascii", "backslashreplace")
            cure = "encode it in UTF-8, or unset it"
            yield f"the environment variable {shown}", name + value, cure
    yield "the path of the working directory", os.getcwdb(), "change to another directory"

"""Cells of CSV exports that no spreadsheet runs as a formula, whatever separates its fields."""

import csv
import io
import re
from collections.abc import Iterable

FORMULA_STARTS = (
    "=+@-"
    "\uff1d\uff0b\uff20\uff0d"  # full width
    "\ufe66\ufe62\ufe6b\ufe63"  # small forms
    "\u207c\u207a\u207b\u208c\u208a\u208b\u2212"  # raised, lowered, and the minus sign
)
"""What begins a formula in some spreadsheet: the characters of OWASP's list, and their other forms."""
CONTROL_STARTS = ("\t", "\r", "\n")
"""Characters that some spreadsheets drop at the start of a cell, and so run what follows."""

# A field may start anywhere but inside a word: after any separator, quote, space or line break. A lone
# sign between words ("a - b") is text even where spaces separate fields.
_SIGN = f"[{re.escape(FORMULA_STARTS)}]"
_FORMULA = re.compile(rf"(?<![\w{re.escape(FORMULA_STARTS)}])(?!(?<=\w ){_SIGN} )(?={_SIGN})")


def safe_cell(value: object) -> str:
    """Return the cell as text, with an apostrophe before whatever could begin a formula.

    Signs inside words, such as those of `web-1`, a time or an address, stay as they are.
    """
    text = "" if value is None else str(value)
    safe = _FORMULA.sub("'", text)
    return f"'{safe}" if safe.startswith(CONTROL_STARTS) else safe


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return the rows as CSV, each cell safe. Every export is written by this."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(safe_cell, row) for row in rows)
    return text.getvalue()

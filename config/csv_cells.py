"""CSV exports whose cells no spreadsheet runs as a formula, whatever separator it assumes."""

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
"""Characters that begin a formula in some spreadsheet: those of OWASP's list and their variants."""
CONTROL_STARTS = ("\t", "\r", "\n")
"""Characters that some spreadsheets drop at the start of a cell, so that a formula may follow them."""

# A field may start anywhere except inside a word: after any separator, quote, space or line break. A sign
# between spaces and words ("a - b") is text even if spaces separate fields.
_SIGN = f"[{re.escape(FORMULA_STARTS)}]"
_FORMULA = re.compile(rf"(?<![\w{re.escape(FORMULA_STARTS)}])(?!(?<=\w ){_SIGN} )(?={_SIGN})")


def safe_cell(value: object) -> str:
    """Return the cell as text, with an apostrophe before every character that could begin a formula.

    Signs inside words, as in `web-1`, a time or an address, are unchanged.
    """
    text = "" if value is None else str(value)
    safe = _FORMULA.sub("'", text)
    return f"'{safe}" if safe.startswith(CONTROL_STARTS) else safe


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return the rows as CSV with safe cells. All exports use this function."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(safe_cell, row) for row in rows)
    return text.getvalue()

"""Cells of exports are never formulas, wherever a spreadsheet begins a field."""

import csv
import io
import json

import pytest

from config.csv_cells import CONTROL_STARTS, FORMULA_STARTS, csv_text, safe_cell

SEPARATORS = [",", ";", "|", "\t", " ", ":", "^", "~", "!"]
BEFORE = ["", *SEPARATORS, '"', "'", "\n", "\r\n", "\u00a0", "\u3000", "\ufeff", "; ", '," ', "x;'"]


def begins_formula(field: str) -> bool:
    """Whether a spreadsheet that trims fields and removes quotes would run the field."""
    return field.strip('\ufeff"\t\r\n \u00a0\u3000').startswith(tuple(FORMULA_STARTS))


@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_field_begins_a_formula(separator: str) -> None:
    starts = [before + sign for before in BEFORE for sign in FORMULA_STARTS]
    text = csv_text([f"x{start}cmd|'/c calc'!A0", f"{start}1+1"] for start in starts)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines = [line.split(separator) for line in text.splitlines()]
    fields = [field for row in (*rows, *lines) for field in row]
    assert len(fields) > len(starts)
    assert [field for field in fields if begins_formula(field)] == []


@pytest.mark.parametrize("start", CONTROL_STARTS)
def test_no_cell_begins_with_a_control_character(start: str) -> None:
    assert safe_cell(f"{start}x") == f"'{start}x"


@pytest.mark.parametrize(
    "text",
    [
        "web-1",
        "erin@example.com",
        "2026-11-30T18:00:00.000000Z",
        "/data/uploads-old",
        "2001:db8::1",
        "Laptop - home",
        "x = y, and a + b",
        json.dumps({"size": [1024, 2048], "labels": [{}, {"tier": "web-1"}]}),
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert safe_cell(text) == text


def test_none_is_an_empty_cell() -> None:
    assert csv_text([[None, 5]]) == ",5\r\n"

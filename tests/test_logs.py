"""What gets into the log: one JSON object a line, and no secret."""

from __future__ import annotations

import json
import logging

import pytest

from accounts.tokens import new_secret
from config.logs import JsonLines


@pytest.mark.parametrize(
    "message", ["{}", "GET /{}/volume", "Authorization: Bearer {}", "{{'token': '{}'}}"]
)
def test_a_token_is_blotted_out_wherever_it_turns_up(message: str) -> None:
    secret = new_secret()
    try:
        raise ValueError(f"not with {secret}")
    except ValueError as error:
        raised = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "holdfast", logging.ERROR, __file__, 1, message.format(secret), None, raised
    )
    line = JsonLines().format(record)
    assert secret not in line
    assert "hfst_" not in line
    assert "[secret]" in json.loads(line)["message"]

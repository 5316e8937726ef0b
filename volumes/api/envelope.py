"""The one form of every refusal."""

from collections.abc import Iterable
from typing import Any

from config.logs import current_request_id
from volumes.errors import Problem


def envelope(code: str, message: str, problems: Iterable[Problem] = ()) -> dict[str, Any]:
    """`details` is for people; `errors` is there when an object is concerned."""
    problems = list(problems)
    body: dict[str, Any] = {
        "code": code,
        "message": message,
        "details": "; ".join(str(problem) for problem in problems) or message,
    }
    if problems:
        body["errors"] = [problem.as_json() for problem in problems]
    body["requestId"] = current_request_id.get()
    return body

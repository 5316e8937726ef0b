"""The one form of every refusal."""

from collections.abc import Iterable
from typing import Any

from config.errors import Problem
from config.logs import current_request_id


def envelope(
    code: str, message: str, problems: Iterable[Problem] = (), *, details: str = ""
) -> dict[str, Any]:
    """Return the body of an error. `details` is for people: the problems, if there are any."""
    problems = list(problems)
    body: dict[str, Any] = {
        "code": code,
        "message": message,
        "details": "; ".join(str(problem) for problem in problems) or details or message,
    }
    if problems:
        body["errors"] = [problem.as_json() for problem in problems]
    body["requestId"] = current_request_id.get()
    return body

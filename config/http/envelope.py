"""The body of every error response of the API."""

from collections.abc import Iterable
from typing import Any

from config.errors import Problem
from config.logs import current_request_id


def envelope(
    code: str, message: str, problems: Iterable[Problem] = (), *, details: str = ""
) -> dict[str, Any]:
    """Return the body of an error. The text for people lists the problems, else it is `details`."""
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

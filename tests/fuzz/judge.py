"""Whether an answer is one that the OpenAPI document knows, as strictly as it can be read."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import requests
import schemathesis
from schemathesis import BaseSchema
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from config.paths import is_api_path
from tests.fuzz.cases import Operation
from tests.fuzz.gate import Answer, Shot
from tests.fuzz.results import Finding

NAME = re.compile(r"{(\w+)}")
BASES = re.compile(r"/api/v1(?=/)")
BELOW_ENVIRONMENTS = re.compile(r"/environments(?=/[^/]+/(volume|app)(/|\Z))")
CONFORMS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
WITHOUT_CONTENT = CONFORMS[:1] + CONFORMS[2:3]

load_all_checks()


def strictly(document: dict[str, Any]) -> dict[str, Any]:
    """The same document where an object has the fields that it lists, and no others."""
    strict = copy.deepcopy(document)
    for schema in strict["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return strict


class Judge:
    """Knows the document; sees each answer together with its question."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.schema: BaseSchema = schemathesis.openapi.from_dict(strictly(document))
        self.operations = {
            (found.ok().method.upper(), NAME.sub("[^/]+", found.ok().path)): found.ok()
            for found in self.schema.get_all_operations()
            if isinstance(found, Ok)
        }

    def operation(self, method: str, path: str) -> Operation | None:
        """The one that answers there, whichever base the path begins with."""
        bare = BELOW_ENVIRONMENTS.sub("", BASES.sub("", path, count=1), count=1)
        wanted = "GET" if method == "HEAD" else method
        # Literal paths stand before those with names in them.
        for (known, form), operation in sorted(self.operations.items()):
            if known == wanted and re.fullmatch(form, bare, re.DOTALL):
                return operation
        return None

    def findings(self, caller: str, shot: Shot, answer: Answer | None) -> list[Finding]:
        field_errors = self._complaints(shot, answer)
        return [Finding(kind, why, caller, shot, answer) for kind, why in field_errors]

    def _complaints(self, shot: Shot, answer: Answer | None) -> Iterator[tuple[str, str]]:
        if answer is None:
            if shot.is_http:
                yield "silence", "the server hung up"
            return
        if answer.status >= 500:
            yield "5xx", f"status {answer.status}"
        if not shot.is_http:
            return
        if not answer.header("x-request-id"):
            yield "request id", "the answer names no request"
        if not is_api_path(shot.path):
            return
        if "html" in answer.header("content-type"):
            yield "html", "a page where JSON is spoken"
        yield from self._against_the_document(shot, answer)

    def _against_the_document(self, shot: Shot, answer: Answer) -> Iterator[tuple[str, str]]:
        operation = self.operation(shot.method, shot.path)
        if operation is None:
            # What is not routed refuses in the form and with the statuses of what is.
            operation = self.schema["/environments/{id}"]["GET"]
            if answer.status < 400:
                yield "schema", f"{answer.status} from where nothing is documented"
        try:
            case = operation.Case(path_parameters=dict.fromkeys(NAME.findall(operation.path), "x"))
            case.validate_response(
                as_response(answer),
                checks=WITHOUT_CONTENT if shot.method == "HEAD" else CONFORMS,
            )
        except FailureGroup as group:
            for failure in group.exceptions:
                yield "schema", f"{type(failure).__name__}: {failure}"


def as_response(answer: Answer | None) -> Response:
    """As the library wants to see it; what was not answered as 502."""
    answer = answer or Answer(502, {}, b"")
    request = requests.Request("GET", "http://127.0.0.1/").prepare()
    return Response(answer.status, answer.headers, answer.content, request, 0.0, verify=False)

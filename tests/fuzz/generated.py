"""Requests generated from the OpenAPI document, valid and invalid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import hypothesis
import requests
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.fuzz.cases import Case, Operation
from tests.fuzz.gate import Shot
from tests.fuzz.people import Caller
from tests.fuzz.pool import Pool

Ask = Callable[[Case], Any]


def quietly(count: int, **more: Any) -> settings:
    """So many examples and nothing else: no shrinking, no files, no opinion of how long it takes."""
    return settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )


def ask_by_the_document(operations: list[Operation], ask: Ask, *, pool: Pool, each: int) -> None:
    """About `each` requests for every operation in either mode."""
    for operation in operations:
        for mode in GenerationMode:
            _ask(operation, mode, ask, pool, each)


def _ask(
    operation: Operation,
    mode: GenerationMode,
    ask: Ask,
    pool: Pool,
    count: int,
) -> None:
    @hypothesis.seed(pool.random.getrandbits(32))
    @quietly(count)
    @given(operation.as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        ask(aimed(case, pool))

    one()


def prepared(case: Case, caller: Caller) -> Shot:
    """The bytes of the case, with the caller's credentials in the place of any made up."""
    arguments = case.as_transport_kwargs("http://127.0.0.1")
    arguments["headers"] = {**arguments["headers"], **caller.headers}
    request = requests.Request(**arguments).prepare()
    body: Any = request.body or b""
    headers = {"Host": "127.0.0.1", **request.headers}
    lines = [f"{request.method} {request.path_url} HTTP/1.1"]
    lines += [f"{name}: {_text(value)}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return Shot(
        method=str(request.method),
        path=unquote(urlsplit(str(request.url)).path, errors="replace"),
        raw=head + (body if isinstance(body, bytes) else body.encode()),
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def aimed(case: Case, pool: Pool) -> Case:
    """Mostly at something that exists: ids made up by chance meet nothing."""
    if pool.random.random() < 0.9:
        case.path_parameters = pool.parameters(case.operation.path)
    case.body = pool.put_into(case.body)
    return case

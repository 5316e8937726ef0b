"""How OpenAPI describes one operation: its success, every refusal, and their headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
    extend_schema,
)

from volumes.api.openapi import examples, schemas

View = TypeVar("View", bound=Callable[..., Any])
Decorator = Callable[[View], View]
Parameters = Sequence[OpenApiParameter]


def query(name: str, schema: Any, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=text)


def query_ref(name: str, component: str, text: str) -> OpenApiParameter:
    """A parameter with the values of a component."""
    return query(name, {"$ref": f"#/components/schemas/{component}"}, text)


def query_choice(name: str, prefix: str, values: Sequence[str], text: str) -> OpenApiParameter:
    """A parameter with some values, whose names in generated code begin with `prefix`."""
    return query(name, {"type": "string", **enum(prefix, values)}, text)


def enum(prefix: str, values: Sequence[str]) -> dict[str, list[str]]:
    """Values with names for generated code.

    In Go the members of all enums share one namespace, so each name begins with that of its enum.
    """
    return {
        "enum": [*values],
        "x-enum-varnames": [f"{prefix}_{_constant_name(value)}" for value in values],
    }


def header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text)


def response_header(name: str, text: str, *statuses: int, always: bool = True) -> OpenApiParameter:
    """A header of the answers with these statuses, or of every answer if there are none."""
    return OpenApiParameter(
        name,
        str,
        OpenApiParameter.HEADER,
        description=text,
        response=list(statuses) or True,
        required=always,
    )


EVERYWHERE = [
    response_header(
        "X-Request-ID",
        "Names the request, also in the server's logs: what the caller sent in this header, if it is "
        "1 to 64 of `A-Z a-z 0-9 . _ -`",
    ),
    response_header("WWW-Authenticate", "`Bearer`", 401),
    response_header("Allow", "The methods that the path supports", 405),
    response_header("Retry-After", "Seconds to wait before the next try", 429, 503),
    response_header(
        "RateLimit-Policy", "The rate limit that the request was counted against", always=False
    ),
    response_header(
        "RateLimit", "What is left of that limit, and the seconds until it is whole", always=False
    ),
]
ALWAYS = ("400", "401", "403", "405", "415", "429", "503")
OF_BODIES = ("413",)


def operation(
    summary: str,
    *,
    answer: Any,
    example: Any,
    status: int = 200,
    text: str = "",
    operation_id: str | None = None,
    request: Any = None,
    spec: Any = None,
    refusals: tuple[str, ...] = (),
    parameters: Parameters = (),
    tag: str,
) -> Decorator[Any]:
    """Describe one operation: its success and every refusal, with an example of each."""
    responses: dict[Any, Any] = {
        status: OpenApiResponse(
            answer, description="Success", examples=[OpenApiExample("success", example)]
        )
    }
    for refusal in sorted({*refusals, *ALWAYS, *(OF_BODIES if request else ())}):
        responses[int(refusal)] = _refusal(refusal)
    body = request and OpenApiRequest(request, examples=[OpenApiExample("request", spec)])
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=text or f"{summary}.",
        request={"application/json": body} if body else None,
        responses=responses,
        parameters=[*parameters, *EVERYWHERE],
        tags=[tag],
    )


def many(serializer: Any) -> Any:
    return serializer(many=True)


def _refusal(status: str) -> OpenApiResponse:
    if status == "304":
        return OpenApiResponse(description="Not changed: `If-None-Match` is still current")
    return OpenApiResponse(
        schemas.Error,
        description=examples.ERRORS[status]["message"],
        examples=[OpenApiExample("error", examples.ERRORS[status])],
    )


def enum_prefix(component: str) -> str:
    """`VolumeStatusEnum` becomes `VOLUME_STATUS`."""
    return _constant_name(component.removesuffix("Enum"))


def _constant_name(value: str) -> str:
    """`-createdAt` becomes `CREATED_AT_DESCENDING`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", value.removeprefix("-")).upper()
    return f"{words}_DESCENDING" if value.startswith("-") else words

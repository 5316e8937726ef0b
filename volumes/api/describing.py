"""How OpenAPI describes one operation: its success, every refusal that it knows, and their headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
    extend_schema,
)

from volumes.api import examples, schemas

View = TypeVar("View", bound=Callable[..., Any])
Decorator = Callable[[View], View]
Parameters = Sequence[OpenApiParameter]


def query(name: str, schema: Any, text: str, *, many: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=text, many=many)


def header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text)


def answered(name: str, text: str, *statuses: int, always: bool = True) -> OpenApiParameter:
    """A header of the answers with these statuses, or of every answer where none is named."""
    return OpenApiParameter(
        name,
        str,
        OpenApiParameter.HEADER,
        description=text,
        response=list(statuses) or True,
        required=always,
    )


EVERYWHERE = [
    answered("X-Request-ID", "The caller's, if it sent a sane one; also in the logs"),
    answered("WWW-Authenticate", "Bearer", 401),
    answered("Allow", "The methods that there are", 405),
    answered("Retry-After", "Seconds", 429, 503),
    answered("RateLimit-Policy", "The limit that the request was counted against", always=False),
    answered("RateLimit", "What is left of it, and seconds until it is whole", always=False),
]
ALWAYS = ("400", "401", "403", "405", "415", "429", "503")
OF_BODIES = ("413",)


def operation(
    summary: str,
    *,
    answer: Any,
    example: Any,
    status: int = 200,
    request: Any = None,
    wish: Any = None,
    refusals: tuple[str, ...] = (),
    parameters: Parameters = (),
    tag: str,
) -> Decorator[Any]:
    """One operation with its success and every refusal that it knows, an example for each."""
    responses: dict[Any, Any] = {
        status: OpenApiResponse(
            answer, description=summary, examples=[OpenApiExample("success", example)]
        )
    }
    for refusal in sorted({*refusals, *ALWAYS, *(OF_BODIES if request else ())}):
        responses[int(refusal)] = _refusal(refusal)
    body = request and OpenApiRequest(request, examples=[OpenApiExample("wish", wish)])
    return extend_schema(
        summary=summary,
        request={"application/json": body} if body else None,
        responses=responses,
        parameters=[*parameters, *EVERYWHERE],
        tags=[tag],
    )


def many(serializer: Any) -> Any:
    return serializer(many=True)


def _refusal(status: str) -> OpenApiResponse:
    if status == "304":
        return OpenApiResponse(description="It is still what If-None-Match says")
    return OpenApiResponse(
        schemas.Error,
        description=examples.ERRORS[status]["message"],
        examples=[OpenApiExample("refusal", examples.ERRORS[status])],
    )

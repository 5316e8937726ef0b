"""What OpenAPI says of each operation: one decorator each, with an example of every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
    extend_schema,
)

from volumes.api import examples, schemas
from volumes.models import VolumeStatus

View = TypeVar("View", bound=Callable[..., Any])
Decorator = Callable[[View], View]

LARGEST_LIMIT = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000}


def _query(name: str, schema: Any, text: str, *, many: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=text, many=many)


def _header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text)


PAGING = [
    _query("limit", LARGEST_LIMIT, "How many at most"),
    _query("cursor", str, 'From the Link header with rel="next"'),
    _query("count", bool, "Ask for X-Total-Count"),
]
NAMES = [
    _query("name", str, "A part of the name, whatever its case"),
    _query("nameIs", str, "The exact name"),
    _query("includeDeleted", bool, "Deleted ones too"),
]
FILTERS = [
    *NAMES,
    _query("status", {"type": "string", "enum": VolumeStatus.values}, "In this status"),
    _query("attached", bool, "Mounted by an application, or by none"),
    _query("label", str, "key:value; repeat for several", many=True),
    _query(
        "sort",
        {
            "type": "string",
            "enum": [f"{d}{c}" for c in ("createdAt", "name", "size") for d in ("", "-")],
        },
        "Ascending, or descending with a leading -",
    ),
]
IF_MATCH = _header("If-Match", 'A version such as "3"; 412 where it is another by now')
IF_NONE_MATCH = _header("If-None-Match", "An ETag; 304 where it is still the same")
IDEMPOTENCY = _header(
    "Idempotency-Key", "The same key and body again make nothing new, for 24 hours"
)

ALWAYS = ("401", "403", "405", "503")


def _operation(
    summary: str,
    *,
    answer: Any,
    example: Any,
    status: int = 200,
    request: Any = None,
    wish: Any = None,
    refusals: tuple[str, ...] = (),
    parameters: tuple[OpenApiParameter, ...] | list[OpenApiParameter] = (),
    tag: str,
) -> Decorator[Any]:
    """One operation with its success and every refusal that it knows, an example for each."""
    if request is not None:
        refusals = (*refusals, "400", "413", "415")
    responses: dict[Any, Any] = {
        status: OpenApiResponse(
            answer, description=summary, examples=[OpenApiExample("success", example)]
        )
    }
    for refusal in sorted({*refusals, *ALWAYS, "400"}):
        responses[int(refusal)] = OpenApiResponse(
            schemas.Error,
            description=examples.ERRORS[refusal]["message"],
            examples=[OpenApiExample("refusal", examples.ERRORS[refusal])],
        )
    body = (
        OpenApiRequest(request, examples=[OpenApiExample("wish", wish)])
        if request is not None
        else None
    )
    return extend_schema(
        summary=summary,
        request={"application/json": body} if body else None,
        responses=responses,
        parameters=list(parameters),
        tags=[tag],
    )


def _many(serializer: Any) -> Any:
    return serializer(many=True)


V, A, E = "volumes", "applications", "environments"

list_volumes = _operation(
    "List all volumes in environment",
    tag=V,
    answer=_many(schemas.Volume),
    example=examples.VOLUME,
    parameters=[*PAGING, *FILTERS],
    refusals=("404",),
)
create_volume = _operation(
    "Create a new volume",
    tag=V,
    status=201,
    request=schemas.VolumeCreation,
    wish=examples.VOLUME_WISH,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[IDEMPOTENCY],
    refusals=("404", "409"),
)
get_volume = _operation(
    "Get volume details",
    tag=V,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[IF_NONE_MATCH],
    refusals=("404",),
)
update_volume = _operation(
    "Update volume configuration",
    tag=V,
    request=schemas.VolumeChange,
    wish=examples.VOLUME_CHANGE,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
delete_volume = _operation(
    "Delete a volume",
    tag=V,
    answer=schemas.Done,
    example=examples.DONE,
    parameters=[IF_MATCH, _query("cascade", bool, "Delete its snapshots too")],
    refusals=("404", "409", "412"),
)
validate_volume = _operation(
    "Validate volume configuration",
    tag=V,
    request=schemas.VolumeValidation,
    wish=examples.VOLUME_WISH,
    answer=schemas.Verdict,
    example=examples.VERDICT,
    refusals=("404",),
)
restore_volume = _operation(
    "Undo a delete",
    tag=V,
    answer=schemas.Volume,
    example=examples.VOLUME,
    refusals=("404", "409"),
)
volume_history = _operation(
    "Every change of a volume, newest first",
    tag=V,
    answer=_many(schemas.HistoryEntry),
    example=examples.HISTORY_ENTRY,
    parameters=PAGING,
    refusals=("404",),
)
volume_usage = _operation(
    "How full it was, and when it will be full",
    tag=V,
    answer=schemas.Usage,
    example=examples.USAGE,
    parameters=[
        _query(
            "days", {"type": "integer", "minimum": 1, "maximum": 365, "default": 30}, "How far back"
        )
    ],
    refusals=("404",),
)
list_attachments = _operation(
    "Who mounts it",
    tag=V,
    answer=_many(schemas.Attachment),
    example=examples.ATTACHMENT,
    parameters=PAGING,
    refusals=("404",),
)
attach = _operation(
    "Attach an application",
    tag=V,
    status=201,
    request=schemas.AttachmentCreation,
    wish=examples.ATTACHMENT_WISH,
    answer=schemas.Attachment,
    example=examples.ATTACHMENT,
    refusals=("404", "409"),
)
detach = _operation(
    "Detach an application",
    tag=V,
    answer=schemas.Done,
    example=examples.DETACHED,
    refusals=("404",),
)
list_snapshots = _operation(
    "List snapshots",
    tag=V,
    answer=_many(schemas.Snapshot),
    example=examples.SNAPSHOT,
    parameters=PAGING,
    refusals=("404",),
)
take_snapshot = _operation(
    "Take a snapshot",
    tag=V,
    status=201,
    request=schemas.SnapshotCreation,
    wish=examples.SNAPSHOT_WISH,
    answer=schemas.Snapshot,
    example=examples.SNAPSHOT,
    parameters=[IDEMPOTENCY],
    refusals=("404", "409"),
)
get_snapshot = _operation(
    "Read a snapshot",
    tag=V,
    answer=schemas.Snapshot,
    example=examples.SNAPSHOT,
    refusals=("404",),
)
delete_snapshot = _operation(
    "Delete a snapshot",
    tag=V,
    answer=schemas.Done,
    example=examples.SNAPSHOT_DONE,
    refusals=("404", "409"),
)
list_applications = _operation(
    "List applications",
    tag=A,
    answer=_many(schemas.Application),
    example=examples.APPLICATION,
    parameters=[*PAGING, *NAMES],
    refusals=("404",),
)
create_application = _operation(
    "Create an application",
    tag=A,
    status=201,
    request=schemas.ApplicationCreation,
    wish=examples.APPLICATION_WISH,
    answer=schemas.Application,
    example=examples.APPLICATION,
    refusals=("404", "409"),
)
get_application = _operation(
    "Read an application",
    tag=A,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[IF_NONE_MATCH],
    refusals=("404",),
)
update_application = _operation(
    "Rename an application",
    tag=A,
    request=schemas.ApplicationChange,
    wish=examples.APPLICATION_WISH,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
delete_application = _operation(
    "Delete an application, never a volume",
    tag=A,
    answer=schemas.Done,
    example=examples.APPLICATION_DONE,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
list_environments = _operation(
    "List the environments you reach",
    tag=E,
    answer=_many(schemas.Environment),
    example=examples.ENVIRONMENT,
    parameters=[*PAGING, *NAMES],
)
create_environment = _operation(
    "Create an environment",
    tag=E,
    status=201,
    request=schemas.EnvironmentCreation,
    wish=examples.ENVIRONMENT_WISH,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    refusals=("409",),
)
get_environment = _operation(
    "Read an environment",
    tag=E,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[IF_NONE_MATCH],
    refusals=("404",),
)
update_environment = _operation(
    "Rename an environment or set its quota",
    tag=E,
    request=schemas.EnvironmentChange,
    wish=examples.ENVIRONMENT_WISH,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
delete_environment = _operation(
    "Delete an environment without volumes",
    tag=E,
    answer=schemas.Done,
    example=examples.ENVIRONMENT_DONE,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
resource_usage = _operation(
    "What is used and what may still be taken",
    tag=E,
    answer=schemas.ResourceUsage,
    example=examples.RESOURCE_USAGE,
    refusals=("404",),
)

"""What OpenAPI says of each operation: one description each, with an example of every answer."""

from __future__ import annotations

from volumes.api import examples, schemas
from volumes.api.describing import answered, header, many, operation, query
from volumes.models import VolumeStatus

LARGEST_LIMIT = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000}

PAGING = [
    query("limit", LARGEST_LIMIT, "How many at most"),
    query("cursor", str, 'From the Link header with rel="next"'),
    query("count", bool, "Ask for X-Total-Count"),
    answered("Link", 'The next page, with rel="next"; absent on the last one', 200, always=False),
    answered("X-Total-Count", "Where count=true asked for it", 200, always=False),
]
NAMES = [
    query("name", str, "A part of the name, whatever its case"),
    query("nameIs", str, "The exact name"),
    query("includeDeleted", bool, "Deleted ones too"),
]
FILTERS = [
    *NAMES,
    query("status", {"type": "string", "enum": VolumeStatus.values}, "In this status"),
    query("attached", bool, "Mounted by an application, or by none"),
    query("label", str, "key:value; repeat for several", many=True),
    query(
        "sort",
        {
            "type": "string",
            "enum": [f"{d}{c}" for c in ("createdAt", "name", "size") for d in ("", "-")],
        },
        "Ascending, or descending with a leading -",
    ),
]
IF_MATCH = header("If-Match", 'A version such as "3"; 412 where it is another by now')
IF_NONE_MATCH = header("If-None-Match", "An ETag; 304 where it is still the same")
ETAG = answered("ETag", "The version, a dot and a digest of the rest", 200, 201, 304)
LOCATION = answered("Location", "Where it is", 201)
IDEMPOTENCY = [
    header("Idempotency-Key", "The same key and body again make nothing new, for 24 hours"),
    answered("Idempotent-Replay", "true, where an earlier call made it", 201, always=False),
]

V, A, E = "volumes", "applications", "environments"

list_volumes = operation(
    "List all volumes in environment",
    tag=V,
    answer=many(schemas.Volume),
    example=examples.VOLUME,
    parameters=[*PAGING, *FILTERS],
    refusals=("404",),
)
create_volume = operation(
    "Create a new volume",
    tag=V,
    status=201,
    request=schemas.VolumeCreation,
    wish=examples.VOLUME_WISH,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[*IDEMPOTENCY, LOCATION, ETAG],
    refusals=("404", "409"),
)
get_volume = operation(
    "Get volume details",
    tag=V,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[IF_NONE_MATCH, ETAG],
    refusals=("304", "404"),
)
update_volume = operation(
    "Update volume configuration",
    tag=V,
    request=schemas.VolumeChange,
    wish=examples.VOLUME_CHANGE,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[IF_MATCH, ETAG],
    refusals=("404", "409", "412"),
)
delete_volume = operation(
    "Delete a volume",
    tag=V,
    answer=schemas.Done,
    example=examples.DONE,
    parameters=[IF_MATCH, query("cascade", bool, "Delete its snapshots too")],
    refusals=("404", "409", "412"),
)
validate_volume = operation(
    "Validate volume configuration",
    tag=V,
    request=schemas.VolumeValidation,
    wish=examples.VOLUME_WISH,
    answer=schemas.Verdict,
    example=examples.VERDICT,
    refusals=("404",),
)
restore_volume = operation(
    "Undo a delete",
    tag=V,
    request=schemas.NOTHING,
    wish={},
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[ETAG],
    refusals=("404", "409"),
)
volume_history = operation(
    "Every change of a volume, newest first",
    tag=V,
    answer=many(schemas.HistoryEntry),
    example=examples.HISTORY_ENTRY,
    parameters=PAGING,
    refusals=("404",),
)
volume_usage = operation(
    "How full it was, and when it will be full",
    tag=V,
    answer=schemas.Usage,
    example=examples.USAGE,
    parameters=[
        query(
            "days", {"type": "integer", "minimum": 1, "maximum": 365, "default": 30}, "How far back"
        )
    ],
    refusals=("404",),
)
list_attachments = operation(
    "Who mounts it",
    tag=V,
    answer=many(schemas.Attachment),
    example=examples.ATTACHMENT,
    parameters=PAGING,
    refusals=("404",),
)
attach = operation(
    "Attach an application",
    tag=V,
    status=201,
    request=schemas.AttachmentCreation,
    wish=examples.ATTACHMENT_WISH,
    answer=schemas.Attachment,
    example=examples.ATTACHMENT,
    refusals=("404", "409"),
)
detach = operation(
    "Detach an application",
    tag=V,
    answer=schemas.Done,
    example=examples.DETACHED,
    refusals=("404",),
)
list_snapshots = operation(
    "List snapshots",
    tag=V,
    answer=many(schemas.Snapshot),
    example=examples.SNAPSHOT,
    parameters=PAGING,
    refusals=("404",),
)
take_snapshot = operation(
    "Take a snapshot",
    tag=V,
    status=201,
    request=schemas.SnapshotCreation,
    wish=examples.SNAPSHOT_WISH,
    answer=schemas.Snapshot,
    example=examples.SNAPSHOT,
    parameters=[*IDEMPOTENCY, LOCATION],
    refusals=("404", "409"),
)
get_snapshot = operation(
    "Read a snapshot",
    tag=V,
    answer=schemas.Snapshot,
    example=examples.SNAPSHOT,
    refusals=("404",),
)
delete_snapshot = operation(
    "Delete a snapshot",
    tag=V,
    answer=schemas.Done,
    example=examples.SNAPSHOT_DONE,
    refusals=("404", "409"),
)
list_applications = operation(
    "List applications",
    tag=A,
    answer=many(schemas.Application),
    example=examples.APPLICATION,
    parameters=[*PAGING, *NAMES],
    refusals=("404",),
)
create_application = operation(
    "Create an application",
    tag=A,
    status=201,
    request=schemas.ApplicationCreation,
    wish=examples.APPLICATION_WISH,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[LOCATION, ETAG],
    refusals=("404", "409"),
)
get_application = operation(
    "Read an application",
    tag=A,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[IF_NONE_MATCH, ETAG],
    refusals=("304", "404"),
)
update_application = operation(
    "Rename an application",
    tag=A,
    request=schemas.ApplicationChange,
    wish=examples.APPLICATION_WISH,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[IF_MATCH, ETAG],
    refusals=("404", "409", "412"),
)
delete_application = operation(
    "Delete an application, never a volume",
    tag=A,
    answer=schemas.Done,
    example=examples.APPLICATION_DONE,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
list_environments = operation(
    "List the environments you reach",
    tag=E,
    answer=many(schemas.Environment),
    example=examples.ENVIRONMENT,
    parameters=[*PAGING, *NAMES],
)
create_environment = operation(
    "Create an environment",
    tag=E,
    status=201,
    request=schemas.EnvironmentCreation,
    wish=examples.ENVIRONMENT_WISH,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[LOCATION, ETAG],
    refusals=("409",),
)
get_environment = operation(
    "Read an environment",
    tag=E,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[IF_NONE_MATCH, ETAG],
    refusals=("304", "404"),
)
update_environment = operation(
    "Rename an environment or set its quota",
    tag=E,
    request=schemas.EnvironmentChange,
    wish=examples.ENVIRONMENT_WISH,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[IF_MATCH, ETAG],
    refusals=("404", "409", "412"),
)
delete_environment = operation(
    "Delete an environment without volumes",
    tag=E,
    answer=schemas.Done,
    example=examples.ENVIRONMENT_DONE,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
resource_usage = operation(
    "What is used and what may still be taken",
    tag=E,
    answer=schemas.ResourceUsage,
    example=examples.RESOURCE_USAGE,
    refusals=("404",),
)

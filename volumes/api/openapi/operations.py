"""The OpenAPI description of each operation, with an example of every answer."""

from __future__ import annotations

from config import limits
from volumes.api.openapi import examples, schemas
from volumes.api.openapi.builders import (
    header,
    many,
    operation,
    query,
    query_choice,
    query_ref,
    response_header,
)

TEXT = {"type": "string", "maxLength": limits.MAX_API_VALUE_LENGTH}
LABELS = {"type": "array", "items": TEXT, "maxItems": limits.MAX_REPEATED_PARAMETERS}
LIMIT = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000}
DAYS = {"type": "integer", "minimum": 1, "maximum": 365, "default": 30}

PAGING = [
    query("limit", LIMIT, "The most entries to return. A page of 4 MiB ends earlier."),
    query(
        "cursor", TEXT, 'Where the page begins. Follow the `Link` header with `rel="next"` instead.'
    ),
    query("count", bool, "Whether to count all entries, in `X-Total-Count`"),
    response_header(
        "Link", 'The next page, with `rel="next"`. Absent on the last page.', 200, always=False
    ),
    response_header(
        "X-Total-Count", "How many entries there are, if `count=true` asked", 200, always=False
    ),
]
NAMES = [
    query("name", TEXT, "Only names that contain this text, in any case"),
    query("nameIs", TEXT, "Only this name"),
    query("includeDeleted", bool, "Whether to list deleted ones too. The default is false."),
]
FILTERS = [
    *NAMES,
    query_ref("status", "VolumeStatusEnum", "Only volumes in this status"),
    query("attached", bool, "Only volumes that are attached (true) or not attached (false)"),
    query("label", LABELS, "Only volumes with this label, as `key:value`. May be repeated."),
    query_choice(
        "sort",
        "VOLUME_SORT",
        [f"{sign}{column}" for column in ("createdAt", "name", "size") for sign in ("", "-")],
        "The order: ascending, or descending with a leading `-`. The default is `createdAt`.",
    ),
]
IF_MATCH = header(
    "If-Match",
    'Change it only if this is the current version, such as `"3"`. The `ETag` of an answer and `*` are '
    "accepted too. Another version, or a tag that a proxy weakened (`W/`), is refused with 412.",
)
IF_NONE_MATCH = header(
    "If-None-Match", "An `ETag` from an earlier answer. If it is still current, the answer is 304."
)
ETAG = response_header(
    "ETag", "The version, a dot and a digest of the rest, in quotes", 200, 201, 304
)
LOCATION = response_header("Location", "The path of what was created", 201)
IDEMPOTENCY = [
    header(
        "Idempotency-Key",
        "A text of your choice: 1 to 255 printable ASCII characters. For 24 hours, the same key with "
        "the same body creates nothing more and answers with what the first request created.",
    ),
    response_header(
        "Idempotent-Replay", "`true` if an earlier request created it", 201, always=False
    ),
]

V, A, E = "volumes", "applications", "environments"

list_volumes = operation(
    "List volumes",
    text=(
        "The volumes of an environment, in the order of creation unless `sort` says "
        "otherwise. Filters combine."
    ),
    tag=V,
    answer=many(schemas.Volume),
    example=examples.VOLUME,
    parameters=[*PAGING, *FILTERS],
    refusals=("404",),
)
create_volume = operation(
    "Create a volume",
    text=(
        "The size counts towards the quotas of the environment and the company at once. The "
        "data is created right after; `status` says when it is ready."
    ),
    tag=V,
    status=201,
    request=schemas.VolumeCreation,
    spec=examples.VOLUME_WISH,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[*IDEMPOTENCY, LOCATION, ETAG],
    refusals=("404", "409"),
)
get_volume = operation(
    "Get a volume",
    tag=V,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[IF_NONE_MATCH, ETAG],
    refusals=("304", "404"),
)
update_volume = operation(
    "Update a volume",
    text=(
        "Changes the fields that are given, all or nothing. Growing is online: applications "
        "stay attached. Any update, even an empty one, makes a volume in `error` try again."
    ),
    tag=V,
    request=schemas.VolumeChange,
    spec=examples.VOLUME_CHANGE,
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[IF_MATCH, ETAG],
    refusals=("404", "409", "412"),
)
delete_volume = operation(
    "Delete a volume",
    text=(
        "Permanently removes the data, at once or after the grace period of the installation."
        " Refused while the volume is protected, attached or has snapshots."
    ),
    tag=V,
    answer=schemas.DeleteResult,
    example=examples.DONE,
    parameters=[
        IF_MATCH,
        query("cascade", bool, "Whether to delete its snapshots too. The default is false."),
    ],
    refusals=("404", "409", "412"),
)
validate_volume = operation(
    "Validate a volume",
    text="Says what a create would answer or, if the body has an `id`, an update. Changes nothing.",
    tag=V,
    request=schemas.VolumeValidation,
    spec=examples.VOLUME_WISH,
    answer=schemas.ValidationResult,
    example=examples.VALIDATION_RESULT,
    refusals=("404",),
)
restore_volume = operation(
    "Restore a deleted volume",
    text=(
        "Undoes a delete while the data still exists, that is during the grace period of the "
        "installation."
    ),
    tag=V,
    request=schemas.NOTHING,
    spec={},
    answer=schemas.Volume,
    example=examples.VOLUME,
    parameters=[ETAG],
    refusals=("404", "409"),
)
volume_history = operation(
    "List a volume's changes",
    operation_id="volume_history_list",
    text="Every change, the newest version first. Deleted volumes have a history too.",
    tag=V,
    answer=many(schemas.HistoryEntry),
    example=examples.HISTORY_ENTRY,
    parameters=PAGING,
    refusals=("404",),
)
volume_usage = operation(
    "Get a volume's usage",
    operation_id="volume_usage",
    text="Measurements of the last days, and when the volume will be full if it goes on like this.",
    tag=V,
    answer=schemas.Usage,
    example=examples.USAGE,
    parameters=[
        query("days", DAYS, "How many days to look back"),
    ],
    refusals=("404",),
)
list_attachments = operation(
    "List attachments",
    text="The applications that the volume is attached to, and where each mounts it.",
    tag=V,
    answer=many(schemas.Attachment),
    example=examples.ATTACHMENT,
    parameters=PAGING,
    refusals=("404",),
)
attach = operation(
    "Attach an application",
    text=(
        "Several applications may use one volume. One application cannot have two volumes at "
        "the same mount path."
    ),
    tag=V,
    status=201,
    request=schemas.AttachmentCreation,
    spec=examples.ATTACHMENT_WISH,
    answer=schemas.Attachment,
    example=examples.ATTACHMENT,
    refusals=("404", "409"),
)
detach = operation(
    "Detach an application",
    text="The volume keeps its data.",
    tag=V,
    answer=schemas.DeleteResult,
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
    text=(
        "Requests a copy of the data. It may wait for its turn; `takenAt` says when the copying "
        "began. If it cannot be taken, it ends in `error` for good: take another. `consistency` says "
        "what the copy is: with `files`, files that applications change during the copy may be "
        "inconsistent with each other; stop the application or let it dump its data first."
    ),
    tag=V,
    status=201,
    request=schemas.SnapshotCreation,
    spec=examples.SNAPSHOT_WISH,
    answer=schemas.Snapshot,
    example=examples.SNAPSHOT,
    parameters=[*IDEMPOTENCY, LOCATION],
    refusals=("404", "409"),
)
get_snapshot = operation(
    "Get a snapshot",
    tag=V,
    answer=schemas.Snapshot,
    example=examples.SNAPSHOT,
    refusals=("404",),
)
delete_snapshot = operation(
    "Delete a snapshot",
    tag=V,
    answer=schemas.DeleteResult,
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
    spec=examples.APPLICATION_WISH,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[LOCATION, ETAG],
    refusals=("404", "409"),
)
get_application = operation(
    "Get an application",
    tag=A,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[IF_NONE_MATCH, ETAG],
    refusals=("304", "404"),
)
update_application = operation(
    "Update an application",
    tag=A,
    request=schemas.ApplicationChange,
    spec=examples.APPLICATION_WISH,
    answer=schemas.Application,
    example=examples.APPLICATION,
    parameters=[IF_MATCH, ETAG],
    refusals=("404", "409", "412"),
)
delete_application = operation(
    "Delete an application",
    text="Detaches it from its volumes, which keep their data.",
    tag=A,
    answer=schemas.DeleteResult,
    example=examples.APPLICATION_DONE,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
list_environments = operation(
    "List environments",
    text=(
        "The environments that the caller can reach. A token bound to an environment lists "
        "that one only."
    ),
    tag=E,
    answer=many(schemas.Environment),
    example=examples.ENVIRONMENT,
    parameters=[*PAGING, *NAMES],
)
create_environment = operation(
    "Create an environment",
    text="Needs the role `admin` in the company and a token that is not bound to an environment.",
    tag=E,
    status=201,
    request=schemas.EnvironmentCreation,
    spec=examples.ENVIRONMENT_WISH,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[LOCATION, ETAG],
    refusals=("409",),
)
get_environment = operation(
    "Get an environment",
    tag=E,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[IF_NONE_MATCH, ETAG],
    refusals=("304", "404"),
)
update_environment = operation(
    "Update an environment",
    text="Renames it or sets its quota. A quota may be below what is used; then nothing more fits.",
    tag=E,
    request=schemas.EnvironmentChange,
    spec=examples.ENVIRONMENT_WISH,
    answer=schemas.Environment,
    example=examples.ENVIRONMENT,
    parameters=[IF_MATCH, ETAG],
    refusals=("404", "409", "412"),
)
delete_environment = operation(
    "Delete an environment",
    text="Refused while it has volumes. Its applications are deleted too.",
    tag=E,
    answer=schemas.DeleteResult,
    example=examples.ENVIRONMENT_DONE,
    parameters=[IF_MATCH],
    refusals=("404", "409", "412"),
)
resource_usage = operation(
    "Get an environment's usage",
    operation_id="environment_resource_usage",
    text="What the environment's volumes use, and what may still be taken.",
    tag=E,
    answer=schemas.ResourceUsage,
    example=examples.RESOURCE_USAGE,
    refusals=("404",),
)

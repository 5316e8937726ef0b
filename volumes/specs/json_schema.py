"""JSON Schemas of values, as OpenAPI describes them, and the sentences that several objects share."""

from __future__ import annotations

from typing import Any

from config import paths
from config.limits import MAX_QUOTA
from volumes.specs.parsers import LABEL, LABEL_NAME

Schema = dict[str, Any]

ENVIRONMENT_ID = "The environment, a UUID"
COMPANY_ID = "The company that owns it, a UUID"
CREATED_BY = "Who created it: `user-<id>`, or `system` for a command"
MODIFIED_BY = "Who changed it last: `user-<id>`, or `system` for a command"
CREATED_AT = "When it was created"
MODIFIED_AT = "When it was last changed"
IS_DELETED = "Whether it has been deleted"
VERSION = "Counts its changes, from 1"
DNS_LABEL = "A DNS label: 1 to 63 of `a-z 0-9 -`, not starting or ending with `-`"

IDENTIFIER = paths.UUID.replace("?:", "")  # JSON Schema recommends plain groups only
LABEL_SYNTAX = LABEL_NAME.pattern
MOUNT_PATH = r"^(/[^/:]+)+/?$"


def text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def boolean(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def integer(description: str) -> Schema:
    return {"type": "integer", "description": description}


def size(description: str, *, minimum: int | None = None, nullable: bool = False) -> Schema:
    """A size in MB. Its maximum makes it an int64: 32 bits end at 2 PB."""
    return {
        "type": ["integer", "null"] if nullable else "integer",
        "maximum": MAX_QUOTA,
        **({} if minimum is None else {"minimum": minimum}),
        "format": "int64",
        "description": description,
    }


def timestamp(description: str, *, nullable: bool = False) -> Schema:
    kind = ["string", "null"] if nullable else "string"
    return {"type": kind, "format": "date-time", "description": description}


def uuid(description: str) -> Schema:
    return {"type": "string", "format": "uuid", "description": description}


def identifier(prefix: str, description: str) -> Schema:
    """`<prefix><uuid>` or the bare UUID."""
    return text(description, pattern=f"^({prefix})?{IDENTIFIER}$")


def dns_label(description: str) -> Schema:
    return text(f"{DNS_LABEL}; {description}", maxLength=63, pattern=f"^{LABEL.pattern}$")

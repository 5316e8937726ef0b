"""Examples for the API reference. All of them are about the same volume, application and snapshot."""

from typing import Any

from volumes.specs.volume import RESPONSE_FIELDS

ENV = "660e8400-e29b-41d4-a716-446655440001"
COMPANY = "770e8400-e29b-41d4-a716-446655440002"
VOL = "vol-550e8400-e29b-41d4-a716-446655440000"
APP = "app-880e8400-e29b-41d4-a716-446655440003"
SNAP = "snap-990e8400-e29b-41d4-a716-446655440004"
MADE = "2026-01-31T11:00:00.000000Z"
TIMESTAMP = "2026-01-31T12:00:00.000000Z"

VOLUME_WISH = {"name": "app-data-volume", "size": 10240, "mountPath": "/app/data"}
VOLUME_CHANGE = {"size": 20480, "version": 1}
VOLUME = {field.name: field.example for field in RESPONSE_FIELDS} | {
    "id": VOL,
    "envIdRef": ENV,
    "companyIdRef": COMPANY,
    "createdBy": "user-123",
    "modifiedBy": "user-123",
    "usedSizeAt": TIMESTAMP,
    "attachedAppsRefs": [APP],
    "createdAt": MADE,
    "modifiedAt": MADE,
}
VALIDATION_RESULT = {
    "valid": False,
    "errors": [
        {
            "field": "size",
            "code": "size_decrease",
            "message": "is 20480 MB already and can only grow",
        }
    ],
    "warnings": [
        {
            "field": "mountPath",
            "code": "system_path",
            "message": "hides what an image keeps in /etc",
        }
    ],
    "quota": {"limit": 102400, "used": 20480, "after": 20480},
    "normalized": {"name": "app-data-volume", "size": 10240, "mountPath": "/etc/app"},
}
DONE = {"message": "Volume deleted successfully", "id": VOL}
DETACHED = {"message": "Application detached successfully", "id": APP}
SNAPSHOT_DONE = {"message": "Snapshot deleted successfully", "id": SNAP}
APPLICATION_DONE = {"message": "Application deleted successfully", "id": APP}
ENVIRONMENT_DONE = {"message": "Environment deleted successfully", "id": ENV}
ATTACHMENT_WISH = {"appIdRef": APP, "mountPath": "/var/lib/app", "readOnly": True}
ATTACHMENT = {
    "volumeIdRef": VOL,
    "appIdRef": APP,
    "mountPath": "/var/lib/app",
    "readOnly": True,
    "source": "/srv/holdfast/550e8400-e29b-41d4-a716-446655440000/data",
    "attachedAt": MADE,
}
SNAPSHOT_WISH = {"name": "before-upgrade"}
SNAPSHOT = {
    "id": SNAP,
    "volumeIdRef": VOL,
    "name": "before-upgrade",
    "size": 10240,
    "takenAt": TIMESTAMP,
    "consistency": "files",
    "status": "ready",
    "statusMessage": "",
    "createdBy": "user-123",
    "createdAt": TIMESTAMP,
}
USAGE = {
    "volumeIdRef": VOL,
    "size": 10240,
    "samples": [{"at": TIMESTAMP, "usedSize": 812, "size": 10240}],
    "fullAt": None,
}
HISTORY_ENTRY = {
    "version": 2,
    "action": "update",
    "by": "user-123",
    "via": "token:deploy",
    "ip": "192.0.2.7",
    "at": TIMESTAMP,
    "changes": {"size": [10240, 20480]},
}
APPLICATION_WISH = {"name": "web"}
APPLICATION = {
    "id": APP,
    "name": "web",
    "envIdRef": ENV,
    "companyIdRef": COMPANY,
    "volumeMounts": [{"volumeIdRef": VOL, "mountPath": "/app/data", "readOnly": False}],
    "isDeleted": False,
    "createdBy": "user-123",
    "modifiedBy": "user-123",
    "version": 1,
    "createdAt": MADE,
    "modifiedAt": MADE,
}
ENVIRONMENT_WISH = {"name": "production", "resourceQuota": {"storage": 102400}}
ENVIRONMENT = {
    "id": ENV,
    "name": "production",
    "companyIdRef": COMPANY,
    "resourceQuota": {"storage": 102400},
    "isDeleted": False,
    "createdBy": "user-123",
    "modifiedBy": "user-123",
    "version": 1,
    "createdAt": MADE,
    "modifiedAt": MADE,
}
RESOURCE_USAGE = {
    "environmentId": ENV,
    "quota": {"storage": 102400},
    "used": {"storage": 20480},
    "available": {"storage": 81920},
    "utilizationPercent": {"storage": 20.0},
}


def _error(
    code: str, message: str, field: str = "", problem: str = "", details: str = ""
) -> dict[str, Any]:
    body: dict[str, Any] = {"code": code, "message": message, "details": details or message}
    if problem:
        body["details"] = f"{field}: {details}" if field else details
        body["errors"] = [{"field": field, "code": problem, "message": details}]
    return body | {"requestId": "4f9d2c7e"}


ERRORS = {
    "400": _error(
        "VALIDATION_FAILED", "Invalid request body", "size", "invalid", "must be a whole number"
    ),
    "401": _error("UNAUTHORIZED", "The token is unknown, expired or revoked."),
    "403": _error("FORBIDDEN", "This needs the role editor and a token that may write."),
    "404": _error("NOT_FOUND", "There is nothing here."),
    "405": _error("METHOD_NOT_ALLOWED", 'Method "PATCH" not allowed.'),
    "409": _error(
        "CONFLICT",
        "Conflicts with the current state",
        "name",
        "name_taken",
        "app-data-volume is taken in this environment",
    ),
    "412": _error(
        "PRECONDITION_FAILED",
        "If-Match does not match",
        details="The current version is 4. Read it again before you change or delete it.",
    ),
    "413": _error("PAYLOAD_TOO_LARGE", "The body is larger than 65536 bytes. Send a smaller one."),
    "415": _error(
        "UNSUPPORTED_MEDIA_TYPE",
        "The body must be JSON in UTF-8. Send it with Content-Type: application/json.",
    ),
    "429": _error(
        "THROTTLED",
        "Too many requests: a token or session may send 600 changes in 60 seconds."
        " Try again in 23 seconds.",
    ),
    "503": _error("UNAVAILABLE", "The database does not answer. Try again soon."),
}

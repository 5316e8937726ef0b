"""Drives every operation with the generated client, which the test puts on the path.

    python usage.py URL TOKEN

Prints the requests that were sent, as a JSON array of method and path.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, TypeVar
from uuid import UUID

import httpx
from holdfast_client import AuthenticatedClient
from holdfast_client.api.applications import (
    app_create,
    app_destroy,
    app_list,
    app_retrieve,
    app_update,
)
from holdfast_client.api.environments import (
    environment_resource_usage,
    environments_create,
    environments_destroy,
    environments_list,
    environments_retrieve,
    environments_update,
)
from holdfast_client.api.volumes import (
    volume_attachment_create,
    volume_attachment_destroy,
    volume_attachment_list,
    volume_create,
    volume_destroy,
    volume_history_list,
    volume_list,
    volume_restore_create,
    volume_retrieve,
    volume_snapshot_create,
    volume_snapshot_destroy,
    volume_snapshot_list,
    volume_snapshot_retrieve,
    volume_update,
    volume_usage,
    volume_validate_create,
)
from holdfast_client.models import (
    Application,
    ApplicationChange,
    ApplicationCreation,
    Attachment,
    AttachmentCreation,
    DeleteResult,
    Environment,
    EnvironmentChange,
    EnvironmentCreation,
    Error,
    HistoryEntry,
    ResourceQuota,
    ResourceUsage,
    Snapshot,
    SnapshotCreation,
    SnapshotStatusEnum,
    Usage,
    ValidationResult,
    Volume,
    VolumeChange,
    VolumeCreation,
    VolumeListSort,
    VolumeStatusEnum,
    VolumeValidation,
)
from holdfast_client.types import Response

QUOTAS = (4_000_000, 2**53 - 1)
PATIENCE = 60.0
"""Seconds for a volume or a snapshot to be ready."""

T = TypeVar("T")


def parsed(response: Response[Any], kind: type[T], status: int = 200) -> T:
    assert response.status_code == status, response.content
    assert isinstance(response.parsed, kind), response.content
    return response.parsed


def parsed_list(response: Response[Any], kind: type[T]) -> list[T]:
    rows = parsed(response, list)
    assert all(isinstance(row, kind) for row in rows)
    return rows


def main(url: str, token: str) -> None:
    sent: list[tuple[str, str]] = []

    def note(request: httpx.Request) -> None:
        sent.append((request.method, request.url.path))

    client = AuthenticatedClient(url, token, httpx_args={"event_hooks": {"request": [note]}})
    environment = use_environments(client)
    application = use_applications(client, environment)
    volume = use_volumes(client, environment)
    use_attachments(client, environment, volume, application)
    use_snapshots(client, environment, volume)
    clean_up(client, environment, volume, application)
    print(json.dumps(sent))


def use_environments(client: AuthenticatedClient) -> UUID:
    body = EnvironmentCreation(name="generated")
    created = parsed(environments_create.sync_detailed(client=client, body=body), Environment, 201)
    env_id = str(created.id)
    for quota in QUOTAS:
        change = EnvironmentChange(resource_quota=ResourceQuota(storage=quota))
        changed = environments_update.sync_detailed(env_id, client=client, body=change)
        assert parsed(changed, Environment).resource_quota.storage == quota
        read = environments_retrieve.sync_detailed(env_id, client=client)
        assert parsed(read, Environment).resource_quota.storage == quota
        listed = environments_list.sync_detailed(client=client, name_is="generated")
        quotas = [row.resource_quota.storage for row in parsed_list(listed, Environment)]
        assert quotas == [quota]
        usage = parsed(
            environment_resource_usage.sync_detailed(env_id, client=client), ResourceUsage
        )
        assert (usage.quota.storage, usage.available.storage) == (quota, quota)
    return created.id


def use_applications(client: AuthenticatedClient, environment: UUID) -> str:
    env_id = str(environment)
    body = ApplicationCreation(name="web")
    created = app_create.sync_detailed(env_id, client=client, body=body)
    application = parsed(created, Application, 201).id
    renamed = app_update.sync_detailed(
        env_id, application, client=client, body=ApplicationChange(name="api"), if_match='"1"'
    )
    assert parsed(renamed, Application).name == "api"
    read = parsed(app_retrieve.sync_detailed(env_id, application, client=client), Application)
    assert (read.version, read.volume_mounts) == (2, [])
    assert len(parsed_list(app_list.sync_detailed(env_id, client=client), Application)) == 1
    return application


def use_volumes(client: AuthenticatedClient, environment: UUID) -> str:
    env_id = str(environment)
    check = volume_validate_create.sync_detailed(
        env_id, client=client, body=VolumeValidation(name="uploads", size=2**53 - 1)
    )
    result = parsed(check, ValidationResult)
    assert (result.valid, result.errors[0].code) == (False, "too_large")
    assert result.quota.limit == QUOTAS[-1]
    body = VolumeCreation(name="uploads", size=10)
    created = parsed(volume_create.sync_detailed(env_id, client=client, body=body), Volume, 201)
    volume = when_ready(client, env_id, created.id)
    volume.description = "Pictures"
    # What was read can be sent back, with the version that was read.
    sent_back = VolumeChange.from_dict(volume.to_dict())
    changed = volume_update.sync_detailed(env_id, volume.id, client=client, body=sent_back)
    assert parsed(changed, Volume).description == "Pictures"
    stale = volume_update.sync_detailed(env_id, volume.id, client=client, body=sent_back)
    assert parsed(stale, Error, 409).errors[0].code == "stale_version"  # type: ignore[index]
    listed = volume_list.sync_detailed(
        env_id,
        client=client,
        status=VolumeStatusEnum.VOLUME_STATUS_READY,
        sort=VolumeListSort.VOLUME_SORT_CREATED_AT_DESCENDING,
    )
    assert [row.id for row in parsed_list(listed, Volume)] == [volume.id]
    usage = parsed(volume_usage.sync_detailed(env_id, volume.id, client=client), Usage)
    assert usage.full_at is None
    return volume.id


def use_attachments(
    client: AuthenticatedClient, environment: UUID, volume: str, application: str
) -> None:
    env_id = str(environment)
    body = AttachmentCreation(app_id_ref=application, read_only=True)
    created = volume_attachment_create.sync_detailed(env_id, volume, client=client, body=body)
    assert parsed(created, Attachment, 201).read_only
    listed = volume_attachment_list.sync_detailed(env_id, volume, client=client)
    assert [row.app_id_ref for row in parsed_list(listed, Attachment)] == [application]
    detached = volume_attachment_destroy.sync_detailed(env_id, volume, application, client=client)
    assert parsed(detached, DeleteResult).id == application


def use_snapshots(client: AuthenticatedClient, environment: UUID, volume: str) -> None:
    env_id = str(environment)
    created = volume_snapshot_create.sync_detailed(
        env_id, volume, client=client, body=SnapshotCreation(name="before-upgrade")
    )
    snapshot = parsed(created, Snapshot, 201).id
    deadline = time.monotonic() + PATIENCE
    status = SnapshotStatusEnum.SNAPSHOT_STATUS_PENDING
    while status == SnapshotStatusEnum.SNAPSHOT_STATUS_PENDING and time.monotonic() < deadline:
        read = volume_snapshot_retrieve.sync_detailed(env_id, volume, snapshot, client=client)
        status = parsed(read, Snapshot).status
        time.sleep(0.1)
    assert status == SnapshotStatusEnum.SNAPSHOT_STATUS_READY
    listed = volume_snapshot_list.sync_detailed(env_id, volume, client=client)
    assert [row.id for row in parsed_list(listed, Snapshot)] == [snapshot]
    deleted = volume_snapshot_destroy.sync_detailed(env_id, volume, snapshot, client=client)
    assert parsed(deleted, DeleteResult).id == snapshot


def clean_up(client: AuthenticatedClient, environment: UUID, volume: str, application: str) -> None:
    env_id = str(environment)
    parsed(volume_destroy.sync_detailed(env_id, volume, client=client, cascade=True), DeleteResult)
    parsed(volume_restore_create.sync_detailed(env_id, volume, client=client), Volume)
    parsed(volume_destroy.sync_detailed(env_id, volume, client=client, cascade=True), DeleteResult)
    history = volume_history_list.sync_detailed(env_id, volume, client=client)
    actions = [entry.action for entry in parsed_list(history, HistoryEntry) if entry.version]
    assert actions == ["delete", "restore", "delete", "detach", "attach", "update", "create"]
    parsed(app_destroy.sync_detailed(env_id, application, client=client), DeleteResult)
    parsed(environments_destroy.sync_detailed(env_id, client=client), DeleteResult)


def when_ready(client: AuthenticatedClient, env_id: str, volume: str) -> Volume:
    deadline = time.monotonic() + PATIENCE
    read = parsed(volume_retrieve.sync_detailed(env_id, volume, client=client), Volume)
    while read.status != VolumeStatusEnum.VOLUME_STATUS_READY and time.monotonic() < deadline:
        time.sleep(0.1)
        read = parsed(volume_retrieve.sync_detailed(env_id, volume, client=client), Volume)
    assert read.status == VolumeStatusEnum.VOLUME_STATUS_READY, read.status_message
    return read


if __name__ == "__main__":
    main(*sys.argv[1:])

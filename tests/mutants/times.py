"""Independence of clocks, and times of snapshots."""

from tests.mutants.guard import Guard

MOMENTS = "api/test_snapshot_times.py"
ORDER = "api/test_order_of_history.py"

GUARDS = [
    Guard(
        "order of a history by version",
        "accounts/models/revision.py",
        '.order_by("-position", "-id")',
        '.order_by("-id")',
        f"{ORDER}::test_the_console_has_the_newest_version_first",
    ),
    Guard(
        "order of a history by version, in the API",
        "volumes/api/views/volumes.py",
        'page = ListPage(self.query, sort="-version")',
        'page = ListPage(self.query, sort="-createdAt")',
        f"{ORDER}::test_the_history_has_the_newest_version_first",
    ),
    Guard(
        "order of a history by version, for operators",
        "volumes/admin/revisions.py",
        'return ["-position", "-pk"] if is_of_one else',
        "return",
        f"{ORDER}::test_the_admin_has_the_newest_version_first",
    ),
    Guard(
        "time of change",
        "volumes/services/locking.py",
        "max(row.modified_at, timezone.now())",
        "timezone.now()",
        f"{ORDER}::test_a_volumes_time_of_change_never_goes_back",
    ),
    Guard(
        "age of an Idempotency-Key by the database's clock",
        "volumes/services/idempotency.py",
        ", created_at=Now()",
        "",
        f"{ORDER}::test_the_servers_clock_does_not_expire_an_idempotency_key",
    ),
    Guard(
        "source of what was never ready",
        "volumes/storage.py",
        "return None if volume.provisioned_size is None else storage()",
        "return storage()",
        "api/test_attachments.py::test_the_source_is_null_until_the_volume_has_been_ready",
    ),
    Guard(
        "how to mount what has no data",
        "volumes/console/views/volumes.py",
        "if volume.has_data and not volume.is_deleted",
        "if not volume.is_deleted",
        "console/test_volume.py::test_actions_that_need_data_are_not_offered_without_it",
    ),
    Guard(
        "one attempt for a snapshot",
        "volumes/reconciler/targets/snapshot.py",
        "        if row.is_deleted:\n            return super().failure",
        "        if True:\n            return super().failure",
        f"{MOMENTS}::test_a_snapshot_fails_with_its_first_failed_attempt",
    ),
    Guard(
        "a storage that is away is no attempt",
        "volumes/reconciler/targets/snapshot.py",
        "row.is_missed or isinstance(error, StorageUnavailable)",
        "row.is_missed",
        f"{MOMENTS}::test_a_snapshot_waits_while_the_storage_is_unavailable",
    ),
    Guard(
        "how long a snapshot may wait",
        "volumes/reconciler/targets/snapshot.py",
        "    if until is not None and since > until:",
        "    if False:",
        f"{MOMENTS}::test_a_snapshot_fails_after_the_maximum_wait",
    ),
    Guard(
        "a snapshot that is being copied is not late",
        "volumes/reconciler/expiry.py",
        "Snapshot.objects.waiting().free()",
        "Snapshot.objects.waiting()",
        f"{MOMENTS}::test_a_snapshot_that_is_being_copied_does_not_expire",
    ),
    Guard(
        "size of a snapshot at its moment",
        "volumes/reconciler/outcomes.py",
        '            "size": F("copying_size"),\n',
        "",
        f"{MOMENTS}::test_a_waiting_snapshot_has_no_time_and_the_size_at_its_request",
    ),
    Guard(
        "moment of a copy that an earlier attempt finished",
        "volumes/backends/place.py",
        "marks.write(volume, snapshot, piece.fd, since)",
        "marks.write(volume, snapshot, piece.fd)",
        "backends/test_contract.py::TestContract::test_a_snapshot_keeps_the_time_when_copying_began",
    ),
    Guard(
        "restore of a volume takes no missed snapshot",
        "volumes/services/volumes.py",
        "        default=Value(SnapshotStatus.ERROR),",
        "        default=Value(SnapshotStatus.READY),",
        f"{MOMENTS}::test_restoring_the_volume_does_not_take_a_failed_snapshot",
    ),
    Guard(
        "what a zombie copies after the end",
        "volumes/reconciler/targets/snapshot.py",
        "        return found.missed().exists() or not found.exists()",
        "        return not found.exists()",
        f"{MOMENTS}::test_a_copy_that_a_zombie_finishes_late_is_removed",
    ),
]

"""What must not depend on clocks, and what is of a moment."""

from tests.mutants.guard import Guard

ORDER = "volumes/test_order_of_history.py"

GUARDS = [
    Guard(
        "order of a history by version",
        "accounts/models/revision.py",
        '.order_by("-position", "-id")',
        '.order_by("-id")',
        f"{ORDER}::test_the_console_shows_that_order",
    ),
    Guard(
        "order of a history by version, in the API",
        "volumes/api/volumes.py",
        'page = Page(self.query, sort="-version")',
        'page = Page(self.query, sort="-createdAt")',
        f"{ORDER}::test_the_history_has_the_newest_version_first",
    ),
    Guard(
        "order of a history by version, for operators",
        "volumes/admin/revisions.py",
        'return ["-position", "-pk"] if is_of_one else',
        "return",
        f"{ORDER}::test_the_admin_shows_that_order",
    ),
    Guard(
        "time of change",
        "volumes/services/locks.py",
        "max(row.modified_at, timezone.now())",
        "timezone.now()",
        f"{ORDER}::test_a_volumes_time_of_change_never_goes_back",
    ),
    Guard(
        "age of an Idempotency-Key by the database's clock",
        "volumes/services/idempotency.py",
        ", created_at=Now()",
        "",
        f"{ORDER}::test_an_idempotency_key_is_kept_whatever_the_servers_clock_says",
    ),
    Guard(
        "source of what was never ready",
        "volumes/storage.py",
        "return None if volume.provisioned_size is None else storage()",
        "return storage()",
        "volumes/test_attachments.py::test_its_source_is_null_until_the_volume_was_ready_once",
    ),
    Guard(
        "how to mount what has no data",
        "volumes/pages/volumes.py",
        "if volume.has_data and not volume.is_deleted",
        "if not volume.is_deleted",
        "pages/test_volume.py::test_without_data_nothing_is_offered_that_needs_it",
    ),
]

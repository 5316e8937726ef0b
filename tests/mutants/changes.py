"""Changes: versions, keys, quotas, names, and what has to stay."""

from tests.mutants.guard import Guard

DELETE = "api/test_delete_and_restore.py"
UPDATE = "api/test_update.py"
KEYS = "api/test_idempotency.py"
QUOTA = "api/test_quota.py"
RULES = "models/test_constraints.py"

GUARDS = [
    Guard(
        "compare and set",
        "volumes/services/locking.py",
        "filter(pk=_PK, version=_EXPECTED)",
        "filter(pk=_PK)",
        f"{RULES}::test_a_write_that_slips_past_the_locks_is_a_conflict",
    ),
    Guard(
        "version sent along",
        "volumes/services/locking.py",
        "    if given != row.version:",
        "    if False:",
        f"{UPDATE}::test_a_stale_version_is_a_409",
    ),
    Guard(
        "If-Match",
        "volumes/services/locking.py",
        "        if self.versions is None or str(row.version) in self.versions:",
        "        if True:",
        f"{UPDATE}::test_if_match_with_another_version_is_a_412",
    ),
    Guard(
        "no weak tag in If-Match",
        "volumes/api/headers.py",
        "        [version for weak, version in tags if not weak],\n",
        "        [version for weak, version in tags],\n",
        f"{UPDATE}::test_a_weak_etag_is_a_412_that_says_what_to_send",
    ),
    Guard(
        "lock of the company, of its quota",
        "volumes/queries/quota.py",
        "        Company.objects.select_for_update(no_key=True)\n",
        "        Company.objects.all()\n",
        "races/test_quota.py"
        "::test_create_waits_for_a_concurrent_change_of_the_quota[grows-accounts_company]",
        "postgresql",
    ),
    Guard(
        "lock of the quotas, for a create in one statement",
        "volumes/services/group_commit.py",
        "execute_if_locked(room, *",
        "execute_if_locked([], *",
        "races/test_quota.py"
        "::test_create_waits_for_a_concurrent_change_of_the_quota[creates-accounts_company]",
        "postgresql",
    ),
    Guard(
        "what an idempotency key made is kept",
        "volumes/services/creation.py",
        "        key.store(volume.pk)",
        "        pass",
        f"{KEYS}::test_a_repeated_request_returns_the_volume_of_the_first",
    ),
    Guard(
        "an idempotency key is of one body",
        "volumes/services/idempotency.py",
        "        if record.body_digest != self.body_digest:",
        "        if False:",
        f"{KEYS}::test_the_same_key_with_another_body_is_a_conflict",
    ),
    Guard(
        "an idempotency key is of one person",
        "volumes/services/idempotency.py",
        '            "user_id": self.user_id,',
        '            "user_id": 0,',
        f"{KEYS}::test_keys_are_separate_for_each_user_and_environment",
    ),
    Guard(
        "quota of the environment",
        "volumes/rules/quota.py",
        "        if self.limit is not None and self.after > self.limit:",
        "        if False:",
        f"{QUOTA}::test_the_whole_quota_can_be_used",
    ),
    Guard(
        "quota of the company",
        "volumes/rules/quota.py",
        "        if quota is not None and used + self.extra > quota:",
        "        if False:",
        f"{QUOTA}::test_the_companys_quota_spans_its_environments",
    ),
    Guard(
        "growth is counted",
        "volumes/services/volumes.py",
        "        add_usage(environment, grown_by)\n",
        "",
        f"{UPDATE}::test_growing_is_online_and_counts_the_difference",
    ),
    Guard(
        "a copy takes room as well",
        "volumes/services/new_volume.py",
        "sum(volume.size for volume in volumes)",
        "sum(0 if volume.restore_from else volume.size for volume in volumes)",
        f"{QUOTA}::test_volumes_filled_from_a_snapshot_count",
    ),
    Guard(
        "what is deleted counts until it is gone",
        "volumes/services/volumes.py",
        "    if not grace:\n        reconcile_after_commit(volume)\n    return volume",
        "    add_usage(environment, -volume.size)\n    return volume",
        f"{QUOTA}::test_deleted_data_counts_until_it_is_removed",
    ),
    Guard(
        "sizes never fall",
        "volumes/rules/volumes.py",
        "    if volume and spec.size < volume.size:",
        "    if False:",
        f"{UPDATE}::test_shrinking_is_a_400",
    ),
    Guard(
        "a copy is at least as large as the snapshot",
        "volumes/rules/volumes.py",
        "    if snapshot and spec.size < snapshot.size:",
        "    if False:",
        "api/test_snapshots.py::test_the_new_volume_must_be_at_least_as_large",
    ),
    Guard(
        "only what is ready is copied",
        "volumes/rules/volumes.py",
        "    if snapshot.status != SnapshotStatus.READY:",
        "    if False:",
        "api/test_snapshots.py::test_only_a_ready_snapshot_fills_a_volume",
    ),
    Guard(
        "one name in an environment, as a rule",
        "volumes/rules/volumes.py",
        "    if is_name_taken(environment.pk, spec.name):",
        "    if False:",
        "api/test_create.py::test_a_name_is_unique_in_an_environment",
    ),
    Guard(
        "one name in an environment, as a constraint",
        "volumes/migrations/0001_initial.py",
        "fields=('environment', 'name'), name='volume_name_once'",
        "fields=('environment', 'name', 'id'), name='volume_name_once'",
        f"{RULES}::test_the_database_refuses_duplicates",
    ),
    Guard(
        "one mount path in an application",
        "volumes/rules/volumes.py",
        "        if mount.mount_path == path and mount.application_id not in own_paths:",
        "        if False:",
        "api/test_create.py::test_an_application_cannot_mount_two_volumes_at_one_path",
    ),
    Guard(
        "protection",
        "volumes/rules/deletion.py",
        "    if volume.protected:",
        "    if False:",
        f"{DELETE}::test_delete_is_refused_for_a_protected_volume_even_with_cascade",
    ),
    Guard(
        "what is mounted stays",
        "volumes/rules/deletion.py",
        "    if mounting:",
        "    if False:",
        f"{DELETE}::test_delete_is_refused_while_applications_mount_the_volume",
    ),
    Guard(
        "snapshots keep a volume",
        "volumes/rules/deletion.py",
        "    if kept:",
        "    if False:",
        f"{DELETE}::test_delete_is_refused_when_there_are_snapshots_without_cascade",
    ),
    Guard(
        "what is being copied from stays",
        "volumes/rules/deletion.py",
        "    for name in fills:\n",
        "    for name in ():\n",
        "api/test_snapshots.py::test_a_snapshot_cannot_be_deleted_while_it_fills_a_volume",
    ),
    Guard(
        "volumes keep their environment",
        "volumes/rules/deletion.py",
        "    if names := _first_names(environment.volumes.live()):",
        '    if names := "":',
        "api/test_environments.py::test_delete_is_refused_for_an_environment_with_volumes_and_names_ten",
    ),
    Guard(
        "a removal that was begun is not undone",
        "volumes/rules/deletion.py",
        "    elif volume.removal_started:",
        "    elif False:",
        f"{DELETE}::test_restore_is_refused_when_the_removal_has_begun",
    ),
    Guard(
        "one change for each version, as a constraint",
        "accounts/migrations/0001_initial.py",
        "'version'), name='revision_once_a_version'",
        "'version', 'id'), name='revision_once_a_version'",
        f"{RULES}::test_the_database_refuses_two_changes_with_one_version",
    ),
    Guard(
        "every change has its entry",
        "volumes/services/volumes.py",
        '        history.record_volume(volume, actor, "update", changes)\n',
        "",
        "api/test_history_and_activity.py::test_every_accepted_change_is_one_entry_and_one_version",
    ),
    Guard(
        "so many snapshots",
        "volumes/rules/snapshots.py",
        "    elif present >= most:",
        "    elif False:",
        "api/test_snapshots.py::test_the_number_of_snapshots_is_limited",
    ),
]

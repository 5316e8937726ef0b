"""The reconciler: leases and fences, data that is never created again, data that is never removed."""

from tests.mutants.guard import Guard

RECONCILER = "reconciler/test_steps.py"
LEFTOVERS = "reconciler/test_leftovers.py"
CRASHES = "backends/test_crashes.py::TestCrashes"
COMMANDS = "management"

GUARDS = [
    Guard(
        "fence of a volume's outcome",
        "volumes/reconciler/persistence.py",
        "if pair[1] and pair[1].lease_owner == pair[0].row.lease_owner]",
        "if pair[1]]",
        f"{RECONCILER}::test_a_zombies_removal_returns_no_quota_twice",
    ),
    Guard(
        "fence of a failure",
        "volumes/reconciler/persistence.py",
        "if pair[1] and pair[1].lease_owner == pair[0].row.lease_owner]",
        "if pair[1]]",
        f"{RECONCILER}::test_a_zombies_write_changes_nothing",
    ),
    Guard(
        "fence of many outcomes at once",
        "volumes/reconciler/persistence.py",
        '        StillClaimed("rows"),\n',
        "",
        f"{RECONCILER}::test_a_batch_settles_only_rows_unchanged_since_their_claim",
    ),
    Guard(
        "lease",
        "volumes/models/querysets.py",
        "lambda: self.free().filter(_PK_IN)",
        "lambda: self.filter(_PK_IN)",
        f"{RECONCILER}::test_a_leased_row_cannot_be_claimed",
    ),
    Guard(
        "renewal by the owner only",
        "volumes/models/querysets.py",
        "held = self.filter(pk__in=leases, lease_owner__in=leases.values())",
        "held = self.filter(pk__in=leases)",
        f"{RECONCILER}::test_a_lease_lasts_20_seconds_and_only_its_owner_can_renew_it",
    ),
    Guard(
        "vanished data is not made anew",
        "volumes/reconciler/targets/volume.py",
        "        elif state := check_data(row, backend):",
        "        elif state := None:",
        f"{RECONCILER}::test_vanished_data_is_an_error_and_never_created_again",
    ),
    Guard(
        "grace",
        "volumes/models/volume.py",
        "        return self.unsettled().filter(over)",
        "        return self.unsettled()",
        "api/test_delete_and_restore.py::test_data_is_kept_and_counted_during_the_grace_period",
    ),
    Guard(
        "point of no return",
        "volumes/models/volume.py",
        'claim_values = {"removal_started": F("is_deleted")}',
        "claim_values = {}",
        "api/test_delete_and_restore.py::test_restore_is_refused_when_the_removal_has_begun",
    ),
    Guard(
        "yes before a clean-up",
        "volumes/management/cleanup.py",
        'if answer == name if name else answer.lower() in {"y", "yes"}:',
        "if True:",
        f"{COMMANDS}/test_remove_unused_volumes.py::test_the_command_only_lists_without_confirmation",
    ),
    Guard(
        "clean-up stops where most is unknown",
        "volumes/reconciler/orphans.py",
        "    return part > 10 and part * 2 > whole",
        "    return False",
        f"{COMMANDS}/test_remove_orphaned_data.py::test_nothing_is_removed_when_most_data_is_orphaned",
    ),
    Guard(
        "what is being made is no orphan",
        "volumes/reconciler/orphans.py",
        "        return self.unchanged_since <= datetime.now(UTC) - age",
        "        return True",
        f"{COMMANDS}/test_remove_orphaned_data.py::test_recently_changed_data_stays",
    ),
    Guard(
        "clean-up leaves what is protected",
        "volumes/services/cleanup.py",
        "        protected=False, attachments__isnull=True",
        "        attachments__isnull=True",
        f"{COMMANDS}/test_remove_unused_volumes.py::test_a_protected_volume_is_never_removed",
    ),
    Guard(
        "an orphan that has a row by now",
        "volumes/reconciler/orphans.py",
        "    elif not known.exists():",
        "    else:",
        f"{COMMANDS}/test_remove_orphaned_data.py::test_an_orphan_that_gets_a_row_meanwhile_stays",
    ),
    Guard(
        "leftovers: removed beside settled data",
        "volumes/reconciler/periodic.py",
        "        remove_old_leftovers(old.pop(volume.pk, []))\n",
        "",
        f"{LEFTOVERS}::test_old_leftovers_are_removed_and_data_is_kept",
    ),
    Guard(
        "leftovers: age",
        "volumes/reconciler/leftovers.py",
        "    return time.time() - limits.MIN_LEFTOVER_AGE.total_seconds()",
        "    return time.time()",
        f"{LEFTOVERS}::test_recent_leftovers_are_kept",
    ),
    Guard(
        "leftovers: no step",
        "volumes/reconciler/leftovers.py",
        "        if not _has_step(item):\n",
        "        if True:\n",
        f"{LEFTOVERS}::test_leftovers_of_a_leased_step_are_kept",
    ),
    Guard(
        "leftovers: data is there",
        "volumes/reconciler/leftovers.py",
        "    if Volume.objects.filter(_AT_WORK, pk=item.handle).exists():\n",
        "    if False:\n",
        f"{LEFTOVERS}::test_leftovers_are_kept_while_the_data_is_missing",
    ),
    Guard(
        "leftovers: age of one that is replaced meanwhile",
        "volumes/backends/workshop.py",
        " and os.fstat(fd).st_ctime < before:",
        ":",
        f"{CRASHES}::test_leftovers_of_one_item_are_removed_without_the_others",
    ),
    Guard(
        "leftovers: no process",
        "volumes/backends/workshop.py",
        "if _lock(fd) is not Lock.OTHERS and os.fstat",
        "if os.fstat",
        f"{CRASHES}::test_leftovers_of_a_running_process_stay",
    ),
]

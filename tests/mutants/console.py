"""What pages say about the state of rows and of the storage."""

from tests.mutants.guard import Guard

RESULTS, BANNER = "console/test_results.py", "console/test_storage_banner.py"
AVAILABILITY = "reconciler/test_availability.py"

GUARDS = [
    Guard(
        "a message reads the row after its step",
        "volumes/presentation/results.py",
        "    return type(row)._default_manager.filter(pk=row.pk).first()\n",
        "    return row\n",
        f"{RESULTS}::test_a_delete_is_accepted_while_the_storage_is_away",
    ),
    Guard(
        "what waits for the storage is no failure",
        "volumes/presentation/results.py",
        "    if row.waits_for_storage:\n        return Progress.WAITING\n",
        "",
        f"{RESULTS}::test_accepted_while_the_storage_is_away",
    ),
    Guard(
        "an error is no success",
        "volumes/presentation/results.py",
        "    if status == VolumeStatus.ERROR:\n        return Progress.FAILED\n",
        "",
        f"{RESULTS}::test_not_created_yet",
    ),
    Guard(
        "a failed step tells of the outage",
        "volumes/reconciler/persistence.py",
        "    record_outage(remaining)\n",
        "",
        f"{BANNER}::test_rows_do_not_repeat_the_banner",
    ),
    Guard(
        "attention does not repeat the banner",
        "volumes/console/panels/attention.py",
        ".exclude(status=VolumeStatus.ERROR, status_message=STORAGE_UNAVAILABLE)",
        "",
        f"{BANNER}::test_rows_do_not_repeat_the_banner",
    ),
    Guard(
        "the banner keeps the first moment",
        "volumes/reconciler/availability.py",
        "        rows.update(detail=detail)\n",
        "        rows.update(unavailable_since=Now(), detail=detail)\n",
        f"{BANNER}::test_the_banner_keeps_the_time_of_the_first_failure",
    ),
    Guard(
        "a storage that does not answer is asked once",
        "volumes/reconciler/availability.py",
        "if self._thread is None or not self._thread.is_alive():",
        "if True:",
        f"{AVAILABILITY}::test_a_storage_that_does_not_answer_is_unavailable",
    ),
]

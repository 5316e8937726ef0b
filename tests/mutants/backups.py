"""Guards of backups, moves and take-overs."""

from tests.mutants.guard import Guard

GUARDS = [
    Guard(
        "names in the manifest of a backup",
        "volumes/backup/manifest.py",
        'values["name"] != name or ',
        "",
        "backup/test_restore.py::test_name_in_the_manifest_is_no_path",
    ),
    Guard(
        "copied data of a restored installation",
        "volumes/backup/restoring.py",
        "        yield from _ACCEPT_DATA\n",
        "        yield from ()\n",
        "backup/test_restore.py::test_everything_is_back_and_verify_holds",
    ),
    Guard(
        "sessions of a restored installation",
        "volumes/backup/restoring.py",
        "    yield _END_SESSIONS\n",
        "",
        "backup/test_restore.py::test_sessions_end",
    ),
    Guard(
        "content of the target of a restore",
        "volumes/backup/restoring.py",
        "if table := database.filled_table():",
        'if table := "":',
        "backup/test_restore.py::test_second_restore_is_refused",
    ),
    Guard(
        "servers during a move",
        "volumes/management/commands/move_database.py",
        "if server_in_use():",
        "if False:",
        "backup/test_move_database.py::test_running_server_is_refused",
    ),
    Guard(
        "numbers that were given before a move",
        "volumes/backup/moving.py",
        "                copy_sequence(model, connection, target)\n",
        "",
        "backup/test_move_database.py::test_ids_of_removed_accounts_are_not_given_again",
    ),
    Guard(
        "volumes elsewhere at a take-over",
        "volumes/services/takeover.py",
        "    _require_no_other_volumes(storage)\n",
        "",
        "management/test_take_over_storage.py::test_volumes_with_data_elsewhere_are_refused",
    ),
    Guard(
        "servers at work at a take-over",
        "volumes/reconciler/takeover.py",
        "leftover.since > time.time() - QUIET_SECONDS",
        "False",
        "management/test_take_over_storage.py::test_storage_in_which_a_server_works_is_refused",
    ),
]

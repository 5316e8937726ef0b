"""What stands between a server and the world: static files, addresses, secrets."""

from tests.mutants.guard import Guard

GUARDS = [
    Guard(
        "static files kept for a year",
        "config/static_files.py",
        "    FOREVER = 365 * 86400  # seconds\n",
        "    FOREVER = 60\n",
        "races/test_static_files.py::test_what_pages_use_is_hashed_compressed_and_kept_for_a_year",
    ),
    Guard(
        "static files of a running server",
        "config/static_files.py",
        "            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "",
        "test_static_files.py"
        "::test_a_changed_file_gets_another_name_and_the_old_one_stays_for_its_server",
    ),
    Guard(
        "static files that another server is writing",
        "config/static_files.py",
        "if os.fstat(lock).st_mtime < time.time() - MIN_AGE_OF_UNUSED:",
        "if True:",
        "test_static_files.py::test_what_another_server_makes_at_this_moment_stays",
    ),
    Guard(
        "changed content of static files",
        "config/static_files.py",
        ".encode() + content)",
        ".encode())",
        "test_static_files.py"
        "::test_a_changed_file_gets_another_name_and_the_old_one_stays_for_its_server",
    ),
    Guard(
        "server that cannot publish static files",
        "config/static_files.py",
        "except (OSError, ValueError) as error:",
        "except ZeroDivisionError as error:",
        "test_static_files.py::test_a_place_that_cannot_be_written_stops_no_server",
    ),
]

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
    Guard(
        "port of a forwarded address",
        "accounts/client_addresses.py",
        r"(?P<ipv4>[0-9.]+)(?::_?[\w.-]+)?|",
        "(?P<ipv4>[0-9.]+)|",
        "accounts/test_client_addresses.py::test_addresses_with_ports_share_no_throttle",
    ),
    Guard(
        "brackets of a forwarded address",
        "accounts/client_addresses.py",
        r"\](?::_?[\w.-]+)?|",
        r"\]never|",
        "accounts/test_client_addresses.py::test_the_proxys_entry_is_the_address",
    ),
    Guard(
        "address of a request that a proxy did not name",
        "accounts/client_addresses.py",
        "    return peer\n\n\ndef",
        "    return UNKNOWN\n\n\ndef",
        "accounts/test_client_addresses.py::test_without_a_readable_entry_the_peer_is_the_address",
    ),
    Guard(
        "forged entries of X-Forwarded-For",
        "accounts/client_addresses.py",
        "entries[-hops].strip()",
        "entries[0].strip()",
        "accounts/test_client_addresses.py::test_the_proxys_entry_is_the_address",
    ),
    Guard(
        "too few entries of X-Forwarded-For",
        "accounts/client_addresses.py",
        "entries[-hops].strip() if len(entries) >= hops else",
        "entries[-hops:][0].strip() if entries else",
        "accounts/test_client_addresses.py::test_of_two_proxies_the_outer_one_counts",
    ),
    Guard(
        "one warning of unreadable addresses",
        "accounts/client_addresses.py",
        "if next(_unreadable_entries) == 0:",
        "if next(_unreadable_entries) >= 0:",
        "accounts/test_client_addresses.py::test_one_warning_says_so",
    ),
    Guard(
        "secret files that others can write",
        "config/secret_files.py",
        "(stat.S_IWGRP | stat.S_IWOTH)",
        "0",
        "test_secret_files.py::test_a_file_that_others_can_write_is_refused",
    ),
    Guard(
        "secret files of other users",
        "config/secret_files.py",
        "if status.st_uid not in self._owners:",
        "if False:",
        "test_secret_files.py::test_a_file_of_another_user_is_refused",
    ),
    Guard(
        "empty secret files",
        "config/secret_files.py",
        "    if not text:",
        "    if False:",
        "test_secret_files.py::test_content_that_makes_no_sense_is_refused",
    ),
    Guard(
        "secrets of one line",
        "config/secret_files.py",
        "    if not text.isprintable():",
        "    if False:",
        "test_secret_files.py::test_content_that_makes_no_sense_is_refused",
    ),
    Guard(
        "length of the secret key",
        "config/env.py",
        "if len(key) < MIN_SECRET_KEY:",
        "if False:",
        "test_secret_files.py::test_a_kept_key_is_checked_as_the_setting_is",
    ),
    Guard(
        "length of METRICS_TOKEN",
        "config/env.py",
        "if value and len(value) < least:",
        "if False:",
        "test_secret_files.py::test_a_weak_metrics_token_stops_the_start",
    ),
    Guard(
        "name of a file that is the secret itself",
        "config/secret_files.py",
        "cannot be read: {error.strerror}",
        "cannot be read: {error}",
        "test_secret_files.py::test_a_path_that_leads_to_no_file_is_refused_without_naming_it",
    ),
]

"""What callers can make a worker hold: connections, bodies, bytes, exports."""

from tests.mutants.guard import Guard

CONNECTIONS = "races/test_connections.py"

GUARDS = [
    Guard(
        "http 2 refused",
        "volumes/management/commands/serve.py",
        "            http=HTTPModes.http1,\n",
        "",
        f"{CONNECTIONS}::test_http_2_is_refused_without_tls",
    ),
    Guard(
        "deadline of silent connections",
        "config/server/connections.py",
        "            self.asking_since = self.seen_at  # the first request is due from the start",
        "            pass",
        f"{CONNECTIONS}::test_a_connection_without_a_request_is_closed_after_15_seconds",
    ),
    Guard(
        "deadline of later headers",
        "config/server/connections.py",
        "    return is_as_late and traffic.received > client.received",
        "    return False",
        f"{CONNECTIONS}::test_headers_of_a_later_request_are_cut_after_15_seconds_too",
    ),
    Guard(
        "deadline of bodies",
        "config/server/body.py",
        "        self._guard.expect(self, self._begun_at + PROMPT_BODY)\n",
        "",
        f"{CONNECTIONS}::test_a_late_body_of_an_api_request_is_an_error_in_json",
    ),
    Guard(
        "unfinished bodies of one address",
        "config/server/quota.py",
        "taken > self._per_address or ",
        "",
        "config/test_address_quota.py::test_address_gets_at_most_its_share",
    ),
    Guard(
        "unfinished bodies in all",
        "config/server/quota.py",
        " or self.used + amount > self._total",
        "",
        "config/test_address_quota.py::test_all_addresses_together_get_at_most_the_total",
    ),
    Guard(
        "number of connections",
        "config/server/connections.py",
        "overdue or self._superfluous(idle, now)",
        "overdue",
        f"{CONNECTIONS}::test_twice_the_maximum_of_connections_delays_no_request",
    ),
    Guard(
        "bytes that wait for readers",
        "config/server/exchange.py",
        "        if unread.acquire(address, len(body)):",
        "        if unread.acquire(address, 0) or True:",
        f"{CONNECTIONS}::test_stalled_readers_are_limited_in_bytes_and_disconnected",
    ),
    Guard(
        "headers with underscores",
        "config/server/environ.py",
        '            if b"_" in name:\n                continue\n',
        "",
        "config/test_server_environ.py::test_a_header_with_an_underscore_passes_for_none_with_a_dash",
    ),
    Guard(
        "one export at a time",
        "accounts/exports.py",
        "    if not _own(export).exists():",
        "    if False:",
        "console/test_activity.py::test_a_second_download_of_a_person_is_429_until_the_first_has_ended",
    ),
    Guard(
        "exports in batches",
        "config/server/exchange.py",
        'getattr(response, "streaming", False)',
        "False",
        "races/test_exports.py::test_exports_of_one_person_run_one_at_a_time_in_all_workers",
    ),
    Guard(
        "strangers' trees under the name of the counters",
        "config/work_directories.py",
        "status.st_uid != os.geteuid() or ",
        "",
        "config/test_metrics_directories.py::test_files_of_another_user_are_kept",
    ),
]

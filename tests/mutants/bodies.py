"""What cannot be read: limits, strange bytes, misspelt names; and what answers say and hide."""

from tests.mutants.guard import Guard

BODIES = "volumes/test_bodies.py"
NO_JSON = f"{BODIES}::test_what_is_no_acceptable_json_is_a_400"

GUARDS = [
    Guard(
        "size of a body",
        "volumes/api/parsers.py",
        "        if len(raw) > settings.MAX_BODY:",
        "        if False:",
        f"{BODIES}::test_64_kib_are_read_and_one_byte_more_is_a_413",
    ),
    Guard(
        "depth of a body",
        "volumes/api/parsers.py",
        '    raise ValueError(f"it is nested deeper than {DEEPEST} levels")\n',
        "    return\n",
        NO_JSON,
    ),
    Guard(
        "NUL in a body",
        "volumes/api/parsers.py",
        '    if "\\0" in text:',
        "    if False:",
        NO_JSON,
    ),
    Guard(
        "lone surrogates in a body",
        "volumes/api/parsers.py",
        "    if not text.isascii() and any(",
        "    if False and any(",
        NO_JSON,
    ),
    Guard(
        "the same key twice in a body",
        "volumes/api/parsers.py",
        "    if len(found) != len(pairs):",
        "    if False:",
        NO_JSON,
    ),
    Guard(
        "whole numbers",
        "volumes/rules/fields.py",
        "    if type(value) is not int:",
        "    if not isinstance(value, int | float):",
        f"{BODIES}::test_odd_numbers_are_refused_everywhere",
    ),
    Guard(
        "unknown fields",
        "volumes/rules/fields.py",
        "            if name not in known\n",
        "            if False\n",
        "volumes/test_create.py::test_every_problem_is_named_at_once",
    ),
    Guard(
        "unknown parameters",
        "volumes/api/query.py",
        "            if name not in known\n",
        "            if False\n",
        "volumes/test_list.py::test_an_unknown_parameter_is_refused_rather_than_listing_everything",
    ),
    Guard(
        "bound of a page",
        "volumes/api/paging.py",
        'query.number("limit", LARGEST, most=LARGEST)',
        'query.number("limit", LARGEST, most=LARGEST**2)',
        "volumes/test_list.py::test_a_value_that_cannot_be_is_refused",
    ),
    Guard(
        "cursor of this list",
        "volumes/api/paging.py",
        "        if sort != self.sort:",
        "        if False:",
        "volumes/test_list.py::test_a_cursor_of_no_page_is_refused",
    ),
    Guard(
        "NUL in path and query",
        "config/middleware.py",
        'if "\\0" in request.path or b"\\0" in query or "\\0" in cookies:',
        "if False:",
        f"{BODIES}::test_nul_in_path_and_query_is_a_400",
    ),
    Guard(
        "mount paths stay off the kernel's",
        "volumes/rules/fields.py",
        '    if parts[0] in {"proc", "sys", "dev"}:',
        "    if False:",
        "volumes/test_create.py::test_a_mount_path_that_cannot_be_is_refused",
    ),
    Guard(
        "no way up in a mount path",
        "volumes/rules/fields.py",
        '    if any(part in {"", ".", ".."} for part in parts):',
        '    if any(part in {"", "."} for part in parts):',
        "volumes/test_create.py::test_a_mount_path_that_cannot_be_is_refused",
    ),
    Guard(
        "content security policy",
        "config/middleware.py",
        '        response.headers.setdefault("Content-Security-Policy", CSP)\n',
        "",
        "accounts/test_pages.py::test_pages_are_sound",
    ),
    Guard(
        "a bug says nothing of itself",
        "volumes/api/errors.py",
        '            return _refusal(500, "INTERNAL_ERROR", "Something broke on our side.")',
        '            return _refusal(500, "INTERNAL_ERROR", str(exception))',
        "volumes/test_health_and_metrics.py::test_a_bug_says_nothing_but_the_request_id",
    ),
    Guard(
        "secrets in the log",
        "config/logs.py",
        'return SECRET.sub("[secret]", super().format(record))',
        "return super().format(record)",
        "test_logs.py::test_a_token_is_blotted_out_wherever_it_turns_up",
    ),
    Guard(
        "token of the metrics",
        "volumes/metrics.py",
        '    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):',
        "    if not given:",
        "volumes/test_health_and_metrics.py::test_another_token_is_a_401",
    ),
]

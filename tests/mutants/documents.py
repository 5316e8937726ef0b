"""The OpenAPI document: what generators of clients need."""

from tests.mutants.guard import Guard

SCHEMA = "api/test_schema.py"

GUARDS = [
    Guard(
        "names of enum members",
        "volumes/api/openapi/document.py",
        "        name_enum_members(document)\n",
        "",
        f"{SCHEMA}::test_no_two_enums_share_a_member_in_generated_code",
    ),
    Guard(
        "sizes of 64 bits",
        "volumes/api/openapi/schemas.py",
        "s.IntegerField(max_value=MAX_QUOTA, help_text",
        "s.IntegerField(help_text",
        f"{SCHEMA}::test_every_size_is_an_int64_that_javascript_reads_exactly",
    ),
    Guard(
        "largest quota of a company",
        "accounts/services/companies.py",
        "    if problem := quota_problem(storage_quota):",
        "    if problem := None:",
        "admin/test_other_rows.py::test_a_companys_quota_is_at_most_what_the_api_can_show",
    ),
    Guard(
        "largest quota of an environment",
        "volumes/specs/environment.py",
        "    if quota > MAX_QUOTA:",
        "    if False:",
        "api/test_environments.py::test_an_invalid_request_is_refused",
    ),
]

"""What is asked most costs the same among a hundred thousand volumes: no index is lost unnoticed.

What is bounded is the work, whichever index the database takes: in pages that PostgreSQL touches, in
hundreds of steps of SQLite's machine. Without the index that serves it each would need thousands.
"""

from __future__ import annotations

import pytest
from django.db import connection

from tests.scale.conftest import LargeInstallation
from tests.scale.plans import watched

pytestmark = [pytest.mark.django_db, pytest.mark.scale, pytest.mark.xdist_group("scale")]

FLAT = {"postgresql": 100, "sqlite": 50}
API = [
    "/{env}/volume/{vol}",
    "/{env}/volume?limit=10",
    "/{env}/volume?limit=10&sort=-createdAt",
    "/{env}/volume?limit=10&sort=name",
    "/{env}/volume?limit=10&sort=-name",
    "/{env}/volume?limit=10&sort=size",
    "/{env}/volume?limit=10&sort=-size",
    "/{env}/volume?nameIs={name}",
    "/{env}/volume?limit=10&status=ready",
    "/{env}/volume?limit=10&attached=false",
    "/{env}/volume?limit=10&includeDeleted=true",
    "/{env}/volume?limit=10&includeDeleted=true&sort=name",
    "/{env}/volume?limit=10&includeDeleted=true&sort=-size",
    "/{env}/volume?includeDeleted=true&nameIs={name}",
    "/{env}/volume/{vol}/history",
    "/{env}/volume/{changed}/history?limit=10",
    "/{env}/volume/{vol}/usage",
    "/{env}/volume/{vol}/attachment",
    "/{env}/volume/{vol}/snapshot",
    "/{env}/app/{app}",
    "/{env}/app?nameIs=nobody",
    "/environments",
    "/environments/{env}/resource-usage",
]
PAGES = [
    "/env/{env}/v/{vol}",
    "/env/{env}/v/{vol}/history",
    "/settings/tokens",
    "/settings/members",
]

# A part of a name, a label, a status: many may have it, or few, or none. A bounded look decides how
# they are found. SQLite has no index for parts, and walks the environment's list at most.
SEARCH = {"postgresql": 1000, "sqlite": 6000}
SEARCHES = [
    "/{env}/volume?status=error",
    "/{env}/volume?limit=10&name=vol",
    "/{env}/volume?limit=10&name=rare",
    "/{env}/volume?limit=10&name=nothing",
    "/{env}/volume?limit=10&label=tier:db",
    "/{env}/volume?limit=10&label=rare:yes",
    "/{env}/volume?limit=10&label=no:such",
]

OPERATOR = {"postgresql": 600, "sqlite": 1000}
LISTS = [
    "/admin/volumes/volume/",
    "/admin/volumes/volume/?p=100",
    "/admin/volumes/volume/{vol}/change/",
    "/admin/volumes/attachment/",
    "/admin/volumes/application/",
    "/admin/volumes/environment/",
    "/admin/accounts/revision/",
    "/admin/accounts/token/",
    "/admin/volumes/volume/?o=1",
    "/admin/volumes/attachment/?o=1",
    "/admin/volumes/application/?o=1",
    "/admin/volumes/snapshot/?o=1",
    "/admin/accounts/token/?o=1",
    "/admin/accounts/revision/?q={vol}",
    "/admin/accounts/revision/?subject_id={vol}",
    "/admin/accounts/revision/?environment={env}",
    "/admin/volumes/application/?environment={env}",
    "/admin/accounts/membership/?company={company}",
    "/admin/accounts/user/?is_staff__exact=1",
    "/admin/accounts/user/?is_active__exact=0",
    "/admin/accounts/token/?life=soon",
]

# SQLite reads all volumes for what an index of PostgreSQL has.
RARE = {"postgresql": 600, "sqlite": 15_000}
RARITIES = [
    "/admin/volumes/volume/?trouble=missing",
    "/admin/volumes/volume/?trouble=unsettled",
    "/admin/volumes/volume/?status__exact=error",
    "/admin/volumes/volume/?status__exact=pending",
    "/admin/volumes/snapshot/?status__exact=error",
]

# What no index has is looked for, and put in order, in the newest fifth of the volumes.
WALK = {"postgresql": 3500, "sqlite": 8000}
WALKS = [
    "/admin/volumes/volume/?status__exact=deleted",
    "/admin/volumes/volume/?protected__exact=1",
    "/admin/volumes/volume/?trouble=bare",
    "/admin/volumes/volume/?trouble=unused",
    "/admin/volumes/volume/?environment={env}&protected__exact=1",
    "/admin/volumes/volume/?environment={env}&o=1.4",
    "/admin/volumes/snapshot/?deleted=yes",
    "/admin/volumes/attachment/?read_only__exact=1",
    "/admin/volumes/application/?deleted=yes",
    "/admin/accounts/revision/?action=adopt",
    "/admin/accounts/revision/?interface=admin",
    "/admin/accounts/revision/?subject__exact=company",
    "/admin/accounts/revision/?environment={env}&action=adopt",
    "/admin/accounts/token/?life=over",
    "/admin/accounts/token/?scope__exact=write",
    "/admin/accounts/membership/?role__exact=editor",
]

# Parts of names are looked for in half of the rows, at most, and in what they belong to.
PART = {"postgresql": 4000, "sqlite": 1300}
PARTS = [
    "/admin/volumes/snapshot/?q=nothing",
    "/admin/volumes/attachment/?q=nothing",
    "/admin/volumes/application/?q=nothing",
    "/admin/accounts/token/?q=nothing",
    "/admin/accounts/revision/?q=nothing",
]

# The operators' start counts a third of the volumes and follows a hundredth of them.
START = {"postgresql": 30_000, "sqlite": 20_000}

# What an environment's pages count and sum among the newest of its half of the volumes.
FORM = {"postgresql": 4000, "sqlite": 4000}
FORMS = ["/env/{env}/new", "/activity"]
COUNT = {"postgresql": 6500, "sqlite": 11_000}
COUNTS = [
    "/env/{env}/activity",
    "/env/{env}/settings",
    "/env/{env}/delete",
    "/env/{env}/applications",
]
# The same, and a few looks at each of them for what needs attention.
LOOK = {"postgresql": 20_000, "sqlite": 68_000}
LOOKS = ["/", "/env/{env}", "/env/{env}?status=bare"]
TALLY = {"postgresql": 24_000, "sqlite": 68_000}
TALLIES = [
    "/env/{env}?page=600",
    "/env/{env}?sort=-name&page=600",
    "/env/{env}?sort=used",
    "/env/{env}?status=ready",
    "/env/{env}?status=unused",
    "/env/{env}?status=deleted",
    "/env/{env}?attached=false",
    "/env/{env}?name=vol",
    "/env/{env}?label=tier:db",
]


@pytest.mark.parametrize(
    ("client", "path", "most"),
    [
        *(("api", path, FLAT) for path in API),
        *(("api", path, SEARCH) for path in SEARCHES),
        *(("browser", path, FLAT) for path in PAGES),
        *(("operator", path, OPERATOR) for path in LISTS),
        *(("operator", path, RARE) for path in RARITIES),
        *(("operator", path, WALK) for path in WALKS),
        *(("operator", path, PART) for path in PARTS),
        ("operator", "/admin/", START),
        *(("browser", path, FORM) for path in FORMS),
        *(("browser", path, COUNT) for path in COUNTS),
        *(("browser", path, LOOK) for path in LOOKS),
        *(("browser", path, TALLY) for path in TALLIES),
    ],
    ids=[
        *API,
        *SEARCHES,
        *PAGES,
        *LISTS,
        *RARITIES,
        *WALKS,
        *PARTS,
        "/admin/",
        *FORMS,
        *COUNTS,
        *LOOKS,
        *TALLIES,
    ],
)
def test_a_page_reads_little_more_than_it_shows(
    installation: LargeInstallation, client: str, path: str, most: dict[str, int]
) -> None:
    with watched() as plans:
        answer = getattr(installation, client).get(path.format(**installation.names))
    assert answer.status_code == 200
    assert plans.work <= most[connection.vendor], str(plans)


def test_the_next_page_of_a_long_history_costs_no_more(installation: LargeInstallation) -> None:
    first = installation.api.get(
        "/{env}/volume/{changed}/history?limit=10".format(**installation.names)
    )
    with watched() as plans:
        second = installation.api.get(
            first["Link"][1:].partition(">")[0].partition("testserver")[2]
        )
    assert [entry["version"] for entry in second.json()] == list(range(19_991, 19_981, -1))
    assert plans.work <= FLAT[connection.vendor], str(plans)

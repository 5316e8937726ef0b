"""What is asked most costs the same among a hundred thousand volumes: no index is lost unnoticed.

What is bounded is the work, whichever index the database takes: in pages that PostgreSQL touches, in
hundreds of steps of SQLite's machine. Without the index that serves it each would need thousands.
"""

from __future__ import annotations

import pytest
from django.db import connection

from tests.scale.conftest import Multitude
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
    "/{env}/volume/{vol}/usage",
    "/{env}/volume/{vol}/attachment",
    "/{env}/volume/{vol}/snapshot",
    "/{env}/app/{app}",
    "/{env}/app?nameIs=nobody",
    "/environments",
    "/environments/{env}/resource-usage",
]
PAGES = ["/env/{env}/v/{vol}", "/env/{env}/v/{vol}/history", "/settings/tokens"]

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
]


@pytest.mark.parametrize(
    ("door", "path", "most"),
    [
        *(("api", path, FLAT) for path in API),
        *(("api", path, SEARCH) for path in SEARCHES),
        *(("browser", path, FLAT) for path in PAGES),
        *(("operator", path, OPERATOR) for path in LISTS),
    ],
    ids=[*API, *SEARCHES, *PAGES, *LISTS],
)
def test_it_reads_little_more_than_it_shows(
    multitude: Multitude, door: str, path: str, most: dict[str, int]
) -> None:
    with watched() as plans:
        answer = getattr(multitude, door).get(path.format(**multitude.names))
    assert answer.status_code == 200
    assert plans.work <= most[connection.vendor], str(plans)

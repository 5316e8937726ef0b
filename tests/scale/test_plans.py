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


@pytest.mark.parametrize("path", API)
def test_the_api_reads_what_it_shows(multitude: Multitude, path: str) -> None:
    with watched() as plans:
        answer = multitude.api.get(path.format(**multitude.names))
    assert answer.status_code == 200
    assert plans.work <= FLAT[connection.vendor], str(plans)


@pytest.mark.parametrize("path", SEARCHES)
def test_a_search_reads_little_more(multitude: Multitude, path: str) -> None:
    with watched() as plans:
        answer = multitude.api.get(path.format(**multitude.names))
    assert answer.status_code == 200
    assert plans.work <= SEARCH[connection.vendor], str(plans)


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_of_a_volume_read_what_they_show(multitude: Multitude, path: str) -> None:
    with watched() as plans:
        answer = multitude.browser.get(path.format(**multitude.names))
    assert answer.status_code == 200
    assert plans.work <= FLAT[connection.vendor], str(plans)


@pytest.mark.parametrize("path", LISTS)
def test_the_lists_of_the_admin_read_a_page_of_rows(multitude: Multitude, path: str) -> None:
    with watched() as plans:
        answer = multitude.operator.get(path.format(**multitude.names))
    assert answer.status_code == 200
    assert plans.work <= OPERATOR[connection.vendor], str(plans)

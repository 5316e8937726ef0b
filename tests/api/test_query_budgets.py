"""How many queries a request takes. A number that grows is a decision, not an accident.

The machine's step is not counted, nor is noting that a token was used; the savepoints that the test's
own transaction makes of a service's are.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.routes import ROWS, filled


@pytest.fixture
def counted(api, alice, settings, volume):
    """Alice with a token whose use is noted already, in a service that leaves steps to a worker."""
    settings.RECONCILE_INLINE = False
    return api(alice, last_used_at=timezone.now())


@pytest.fixture
def places(volumes, apps, here):
    return {
        "volumes": volumes,
        "apps": apps,
        "here": here,
    }


def queries(call):
    with CaptureQueriesContext(connection) as captured:
        response = call()
    assert response.status_code < 300, response.content
    return len(captured)


V, ONE = "<str:envId>/volume", "<str:envId>/volume/<str:id>"
APP, ENV = "<str:envId>/app", "environments/<str:id>"

BUDGETS = {
    ("GET", V): 1,
    ("POST", V): 10,
    ("POST", f"{V}/validate"): 3,
    ("GET", ONE): 1,
    ("PUT", ONE): 11,
    ("DELETE", ONE): 11,
    ("GET", f"{ONE}/history"): 4,
    ("POST", f"{ONE}/restore"): 13,
    ("GET", f"{ONE}/usage"): 4,
    ("GET", f"{ONE}/attachment"): 5,
    ("POST", f"{ONE}/attachment"): 15,
    ("DELETE", f"{ONE}/attachment/<str:appId>"): 14,
    ("GET", f"{ONE}/snapshot"): 4,
    ("POST", f"{ONE}/snapshot"): 10,
    ("GET", f"{ONE}/snapshot/<str:snapId>"): 4,
    ("DELETE", f"{ONE}/snapshot/<str:snapId>"): 10,
    ("GET", APP): 4,
    ("POST", APP): 10,
    ("GET", f"{APP}/<str:id>"): 5,
    ("PUT", f"{APP}/<str:id>"): 11,
    ("DELETE", f"{APP}/<str:id>"): 15,
    ("GET", "environments"): 2,
    ("POST", "environments"): 9,
    ("GET", ENV): 2,
    ("PUT", ENV): 8,
    ("DELETE", ENV): 9,
    ("GET", f"{ENV}/resource-usage"): 2,
}
"""By method and route, for the calls of `ROWS`. PostgreSQL takes fewer, several statements being one."""


def test_every_route_has_a_budget():
    assert BUDGETS.keys() == ROWS.keys()


@pytest.mark.parametrize(("method", "route"), BUDGETS)
def test_a_request_stays_within_its_query_budget(counted, world, method, route):
    row = ROWS[method, route]
    path, body = f"/{row.path.format(**world)}", filled(row.body, world)
    assert queries(lambda: counted.send(method, path, body)) <= BUDGETS[method, route]


@pytest.mark.parametrize(
    ("query", "budget"),
    [
        ("?includeDeleted=true&sort=-name", 4),
        ("?count=true&limit=3&sort=-size&label=a:b", 5),
        ("?nameIs=uploads&status=ready&attached=true", 4),
        ("?name=upload", 5),
    ],
)
def test_filtered_lists_stay_within_their_query_budget(counted, places, query, budget):
    assert queries(lambda: counted.get(f"{places['volumes']}{query}")) <= budget


@pytest.mark.parametrize(("body", "budget"), [({"size": 500}, 14), ({}, 9)])
def test_growing_and_retrying_stay_within_their_query_budget(counted, places, body, budget):
    assert queries(lambda: counted.put(places["here"], body)) <= budget


@pytest.mark.parametrize("path", ["{volumes}", "{apps}", "{here}/attachment", "{here}/snapshot"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    counted, places, path, alices, make, attached, snapshot, worker, web
):
    asked = path.format(**places)
    few = queries(lambda: counted.get(asked))
    for number in range(8):
        make(f"v{number}", mountPath=f"/srv/{number}", attachedAppsRefs=[web.ref, worker.ref])
        alices.post(f"{places['here']}/snapshot")
    alices.put(places["here"], {"attachedAppsRefs": [web.ref, worker.ref]})
    assert queries(lambda: counted.get(asked)) == few


def test_the_number_of_queries_does_not_grow_with_the_applications(
    counted, places, alices, web, worker
):
    few = queries(lambda: counted.get(places["here"]))
    alices.put(places["here"], {"attachedAppsRefs": [web.ref, worker.ref]})
    assert queries(lambda: counted.get(places["here"])) <= few + 1

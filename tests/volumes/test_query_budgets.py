"""How many queries a request takes. A number that grows is a decision, not an accident.

The machine's step is not counted, nor is noting that a token was used; the savepoints that the test's
own transaction makes of a service's are.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone


@pytest.fixture
def counted(api, alice, settings, volume):
    """Alice with a token whose use is noted already, in a service that leaves steps to a worker."""
    settings.RECONCILE_INLINE = False
    return api(alice, last_used_at=timezone.now())


@pytest.fixture
def places(volumes, apps, here, environment):
    return {
        "volumes": volumes,
        "apps": apps,
        "here": here,
        "env": f"/environments/{environment.pk}",
    }


def queries(call):
    with CaptureQueriesContext(connection) as captured:
        response = call()
    assert response.status_code < 300, response.content
    return len(captured)


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("{here}", 1),
        ("{volumes}", 2),
        ("{volumes}?count=true&limit=3&sort=-size&label=a:b", 5),
        ("{apps}", 3),
        ("/environments", 2),
        ("{env}", 2),
        ("{env}/resource-usage", 2),
        ("{here}/attachment", 5),
        ("{here}/snapshot", 4),
        ("{here}/history", 4),
        ("{here}/usage", 4),
    ],
)
def test_reading(counted, places, path, budget):
    assert queries(lambda: counted.get(path.format(**places))) <= budget


@pytest.mark.parametrize(
    ("method", "path", "body", "budget"),
    [
        ("POST", "{volumes}", {"name": "other", "size": 5}, 12),
        ("POST", "{volumes}/validate", {"name": "other", "size": 5}, 3),
        ("PUT", "{here}", {"description": "x"}, 11),
        ("PUT", "{here}", {"size": 500}, 14),
        ("PUT", "{here}", {}, 9),
        ("DELETE", "{here}", None, 15),
        ("POST", "{here}/snapshot", None, 11),
        ("POST", "{apps}", {"name": "web"}, 11),
    ],
)
def test_writing(counted, places, method, path, body, budget):
    # Less on PostgreSQL, which takes several statements at once.
    assert queries(lambda: counted.send(method, path.format(**places), body)) <= budget


@pytest.mark.parametrize("path", ["{volumes}", "{apps}", "{here}/attachment", "{here}/snapshot"])
def test_lists_do_not_grow_with_their_rows(
    counted, places, path, alices, make, attached, snapshot, worker, web
):
    asked = path.format(**places)
    few = queries(lambda: counted.get(asked))
    for number in range(8):
        make(f"v{number}", mountPath=f"/srv/{number}", attachedAppsRefs=[web.ref, worker.ref])
        alices.post(f"{places['here']}/snapshot")
    alices.put(places["here"], {"attachedAppsRefs": [web.ref, worker.ref]})
    assert queries(lambda: counted.get(asked)) == few


def test_one_with_many_applications_takes_no_more(counted, places, alices, web, worker):
    few = queries(lambda: counted.get(places["here"]))
    alices.put(places["here"], {"attachedAppsRefs": [web.ref, worker.ref]})
    assert queries(lambda: counted.get(places["here"])) <= few + 1

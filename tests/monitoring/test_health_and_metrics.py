"""/healthz, /readyz and /metrics."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import InternalError, OperationalError, connection
from django.utils import timezone

from accounts.models import FailureCount
from config import limits
from volumes.models import Volume
from volumes.monitoring import health
from volumes.reconciler.storage_facts import MIB, refresh_storage_facts


def value(text, series):
    (found,) = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found)


@pytest.fixture
def scrape(api, settings):
    settings.METRICS_TOKEN = "metrics-secret"
    return lambda: api().get("/metrics", Authorization="Bearer metrics-secret").content.decode()


def test_health_checks_are_public(api, memory):
    assert api().get("/healthz").status_code == 200
    assert api().get("/readyz").status_code == 200


def test_a_server_without_the_storage_is_live_but_not_ready(api, memory):
    memory.unmount()
    response = api().get("/readyz")
    assert (response.status_code, response.json()) == (503, unready("ok", "unavailable"))
    assert response["Retry-After"]
    assert api().get("/healthz").status_code == 200


@pytest.mark.usefixtures("storage_root")
def test_an_unmounted_root_is_not_ready(api, storage_root, caplog):
    assert api().get("/readyz").status_code == 200
    (storage_root / ".holdfast").unlink()
    response = api().get("/readyz")
    assert (response.status_code, response.json()) == (503, unready("ok", "unavailable"))
    assert "init_storage" in "".join(getattr(record, "cause", "") for record in caplog.records)


def refuse_writes(sql):
    refusals = {"INSERT": InternalError("cannot execute INSERT in a read-only transaction")}
    if refusal := refusals.get(sql.partition(" ")[0]):
        raise refusal


def test_required_limits_that_are_not_there_are_not_ready(api, memory, settings, caplog):
    settings.STORAGE_LIMITS = "required"
    assert api().get("/readyz").json() == unready("ok", "unavailable")
    assert "not enforced" in "".join(getattr(record, "cause", "") for record in caplog.records)
    memory.enforces_sizes = True
    assert api().get("/readyz").status_code == 200


def unready(database, storage):
    return {"status": "unavailable", "checks": {"database": database, "storage": storage}}


def gone(*_):
    raise OperationalError("the server closed the connection")


def test_a_server_without_the_database_is_not_ready(api, memory):
    with connection.execute_wrapper(gone):
        ready, up = api().get("/readyz"), api().get("/healthz")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "unavailable")
    assert up.status_code == 200


@pytest.fixture
def writes(monkeypatch):
    """Counts what is written; breaks it while `writes.error` is set."""

    class Writes:
        number, error, check = 0, None, None

        def __call__(self):
            self.number += 1
            if self.error:
                raise self.error

    found = Writes()
    monkeypatch.setattr(health, "write", found)
    found.check = health.WriteCheck()
    monkeypatch.setattr(health, "_writes", found.check)
    return found


def test_a_database_that_cannot_be_written_is_not_ready(api, memory, writes):
    writes.error = OperationalError("database or disk is full")
    refused = api().get("/readyz")
    assert (refused.status_code, refused.json()) == (503, unready("unavailable", "ok"))
    writes.error = None
    assert api().get("/readyz").status_code == 200


def test_the_readiness_check_writes_at_most_once_a_second(api, memory, writes, monkeypatch):
    monkeypatch.setattr(health, "WRITE_INTERVAL", 600)
    writes.check._written_at -= 600
    assert {api().get("/readyz").status_code for _ in range(20)} == {200}
    assert writes.number == 1
    monkeypatch.setattr(health, "WRITE_INTERVAL", 0)
    api().get("/readyz")
    assert writes.number == 2


def test_a_readiness_check_does_not_wait_for_another_that_writes(writes):
    check = health.WriteCheck()
    check.check()
    with check._lock:
        check.check()
    assert writes.number == 1


@pytest.mark.django_db
def test_the_write_of_the_readiness_check_changes_nothing(storage_root):
    health.write()
    assert not FailureCount.objects.exists()


@pytest.mark.django_db
def test_a_read_only_database_is_not_ready(api, memory, monkeypatch):
    monkeypatch.setattr(health, "_writes", health.WriteCheck())

    def read_only(execute, sql, *rest):
        return refuse_writes(sql) or execute(sql, *rest)

    with connection.execute_wrapper(read_only):
        refused = api().get("/readyz")
    assert refused.json() == unready("unavailable", "ok")


def test_the_api_answers_503_without_the_database(alices, volumes):
    with connection.execute_wrapper(gone):
        response = alices.get(volumes)
    assert (response.status_code, response.json()["code"]) == (503, "UNAVAILABLE")
    assert response["Retry-After"]


def test_the_response_to_a_bug_has_only_the_request_id(alices, volumes, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("canary-secret")

    monkeypatch.setattr("volumes.api.views.volumes.filter_volumes", broken)
    response = alices.get(f"{volumes}?name=x", X_Request_ID="findme")
    refusal = response.json()
    assert (response.status_code, refusal["code"], refusal["requestId"]) == (
        500,
        "INTERNAL_ERROR",
        "findme",
    )
    assert b"canary" not in response.content


def test_only_readiness_needs_the_storage(alices, here, volumes, memory, snapshot):
    memory.unmount()
    calls = [
        alices.get(here),
        alices.get(volumes),
        alices.get(f"{here}/usage"),
        alices.post(f"{volumes}/validate", {}),
        alices.put(here, {"size": 200}),
        alices.post(f"{here}/snapshot"),
        alices.delete(f"{here}?cascade=true"),
    ]
    assert [call.status_code for call in calls] == [200, 200, 200, 200, 200, 201, 200]
    waiting = alices.post(volumes, {"name": "other", "size": 1}).json()
    assert waiting["status"] == "error"
    assert waiting["statusMessage"].startswith("The storage is not available at the moment.")


def test_metrics_are_a_404_without_a_configured_token(api, db):
    assert api().get("/metrics").status_code == 404
    assert api().get("/metrics", Authorization="Bearer ").status_code == 404


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "\u00ff"}])
def test_another_token_is_a_401(api, db, settings, header):
    settings.METRICS_TOKEN = "metrics-secret"
    response = api().get("/metrics", **header)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_an_api_token_gives_no_access_to_metrics(alices, settings):
    settings.METRICS_TOKEN = "metrics-secret"
    assert alices.get("/metrics").status_code == 401


def test_metrics_count_volumes_by_status(scrape, make, memory, alices, volumes, environment):
    make("one", size=70)
    alices.delete(f"{volumes}/{make('two', size=5)['id']}")
    memory.fail("create")
    make("broken", size=11)
    text = scrape()
    assert value(text, 'holdfast_volumes{status="ready"}') == 1
    assert value(text, 'holdfast_volumes{status="error"}') == 1
    assert value(text, 'holdfast_volumes{status="deleted"}') == 1
    assert value(text, f'holdfast_provisioned_mb{{environment="{environment.pk}"}}') == 70
    assert value(text, f'holdfast_used_mb{{environment="{environment.pk}"}}') == 0
    assert value(text, "holdfast_oldest_unsettled_seconds") >= 0
    assert 'holdfast_http_request_seconds_count{interface="api",method="POST",status="201"}' in text


def test_settled_rows_have_no_age(scrape, make):
    make("one")
    assert value(scrape(), "holdfast_oldest_unsettled_seconds") == 0


def test_a_volume_in_its_grace_is_not_unsettled(scrape, alices, here, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.delete(here)
    assert value(scrape(), "holdfast_oldest_unsettled_seconds") == 0


def test_unsettled_changes_are_counted_with_their_age(scrape, make, memory, alices, volumes):
    memory.fail("create")
    broken = make("broken", size=11)
    Volume.objects.update(modified_at=timezone.now() - timedelta(seconds=90))
    text = scrape()
    assert value(text, 'holdfast_unsettled{status="error",type="volume"}') == 1
    age = value(text, 'holdfast_unsettled_seconds{status="error",type="volume"}')
    assert 90 <= age < 150
    assert value(text, "holdfast_oldest_unsettled_seconds") == age
    assert value(text, 'holdfast_unsettled{status="pending",type="snapshot"}') == 0
    assert broken["status"] == "error"


def test_space_of_the_storage_is_reported_while_it_is_available(scrape, make, memory):
    memory.total = 100 * MIB
    memory.used[make("one", size=70)["id"].removeprefix("vol-")] = 40 * MIB
    refresh_storage_facts()
    text = scrape()
    assert value(text, "holdfast_storage_bytes") == 100 * MIB
    assert value(text, "holdfast_storage_free_bytes") == 60 * MIB
    assert value(text, "holdfast_storage_used_bytes") == 40 * MIB
    memory.unmount()
    refresh_storage_facts()
    text = scrape()
    assert "holdfast_storage_free_bytes" not in text
    assert value(text, 'holdfast_volumes{status="ready"}') == 1


def test_promised_space_is_reported_with_its_limit(scrape, make, memory):
    memory.total = 100 * MIB
    make("one", size=70)
    refresh_storage_facts()
    text = scrape()
    assert value(text, "holdfast_storage_promised_bytes") == 70 * MIB
    assert value(text, "holdfast_storage_promised_ratio") == 0.7
    assert "holdfast_storage_promise_limit_bytes" not in text
    memory.enforces_sizes = True
    refresh_storage_facts()
    assert value(scrape(), "holdfast_storage_promise_limit_bytes") == 100 * MIB


def test_a_lost_enforcement_of_sizes_is_reported(scrape, memory):
    memory.enforces_sizes = True
    refresh_storage_facts()
    text = scrape()
    assert value(text, "holdfast_storage_sizes_enforced") == 1
    assert value(text, "holdfast_storage_enforcement_lost") == 0
    memory.enforces_sizes = False
    refresh_storage_facts()
    text = scrape()
    assert value(text, "holdfast_storage_sizes_enforced") == 0
    assert value(text, "holdfast_storage_enforcement_lost") == 1


def test_no_scrape_asks_the_storage(scrape, memory, monkeypatch):
    refresh_storage_facts()
    monkeypatch.setattr(memory, "capacity", lambda: pytest.fail("the storage was asked"))
    assert "holdfast_storage_bytes" in scrape()


def test_size_of_the_database_is_reported(scrape, make, memory):
    make("one")
    assert value(scrape(), "holdfast_database_bytes") > 100_000


def test_failed_logins_are_counted(scrape, alice, client, memory):
    series = 'holdfast_login_failures_total{step="password"}'
    before = value(scrape(), series)
    client.post("/login", {"username": alice.username, "password": "wrong"})
    assert value(scrape(), series) == before + 1


def test_every_table_has_its_rows_reported(scrape, make, memory):
    reported = re.findall(r'^holdfast_table_rows{table="(\w+)"} ', scrape(), re.MULTILINE)
    assert set(reported) == {model._meta.db_table for model in apps.get_models()}


ONLY_SQLITE = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL counts after the end of a transaction"
)


@ONLY_SQLITE
@pytest.mark.parametrize("bound", [1, 2, 30_000])
def test_rows_are_counted_up_to_a_bound_and_then_estimated(
    scrape, make, memory, monkeypatch, bound
):
    monkeypatch.setattr(limits, "MAX_COUNTED_ROWS", bound)
    make("one")
    make("two")
    assert value(scrape(), 'holdfast_table_rows{table="volumes_volume"}') == 2


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one file for all")
def test_sizes_of_tables_are_reported(scrape, make, memory):
    make("one")
    assert value(scrape(), 'holdfast_table_bytes{table="volumes_volume"}') > 8_000

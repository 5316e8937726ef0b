"""Canaries: secrets that are known here, and are looked for wherever something is written down."""

from __future__ import annotations

import io
import json
import logging

import pytest
from django.conf import settings as live
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from rest_framework.views import APIView

from accounts.auth.second_factor import set_up
from accounts.callers import SYSTEM
from accounts.models import Revision
from tests.factories import EnvironmentFactory, MembershipFactory, UserFactory, give_token
from tests.support.api import Api
from tests.support.browser import Browser
from tests.support.routes import ROWS, filled

PASSWORD = "canary-password-3f9c"
METRICS = "canary-metrics-7d1e"


@pytest.fixture
def log():
    """Everything that is logged, as the server writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def person(company, settings):
    """Somebody whose secrets are all canaries."""
    settings.METRICS_TOKEN = METRICS
    somebody = UserFactory.create(username="canary", is_staff=True)
    somebody.set_password(PASSWORD)
    somebody.save(update_fields=["password"])
    MembershipFactory.create(user=somebody, company=company, role="admin")
    return somebody


@pytest.fixture
def secrets(person):
    """What must not be found, by what it is."""
    device, codes = set_up(person=person, actor=SYSTEM)
    return {
        "password": PASSWORD,
        "metrics token": METRICS,
        "secret key": live.SECRET_KEY,
        "device": device,
        "api token": give_token(person),
        **{f"recovery code {number}": code for number, code in enumerate(codes)},
    }


@pytest.fixture
def world(person, secrets, company, volumes, environment, make, here, volume, attached, snapshot):
    return {
        "env": str(environment.pk),
        "empty": str(EnvironmentFactory.create(company=company).pk),
        "volume": volume["id"],
        "spare": make("spare", mountPath="/spare")["id"],
        "gone": make("gone")["id"],
        "app": attached["appIdRef"],
        "snapshot": snapshot["id"],
    }


def found(secrets, text):
    """Which of the secrets stand in a text."""
    return {name for name, secret in secrets.items() if secret in text}


def everything_said(person, secrets, world):
    """Every route of the API by token and by cookie, and the person's own pages."""
    token, browser = Api(secrets["api token"]), Browser(person)
    for caller in (token, browser):
        for (method, _), row in ROWS.items():
            yield caller.send(method, f"/{row.path.format(**world)}", filled(row.body, world))
    for path in ("/", "/activity", "/settings/security", "/settings/tokens", "/settings/members"):
        yield browser.get(path)
    for path in ("/admin/", "/admin/accounts/user/", "/admin/accounts/token/", "/schema"):
        yield browser.get(path)
    yield Api(None).get("/metrics", Authorization=f"Bearer {METRICS}")
    yield Api(None).get("/metrics", Authorization=f"Bearer {secrets['api token']}")


def test_no_response_and_no_log_line_contains_a_secret(person, secrets, world, log):
    answers = list(everything_said(person, secrets, world))
    output = "\n".join(f"{answer.headers} {answer.content!r}" for answer in answers)
    assert len(answers) > 60
    assert found(secrets, output) == set()
    assert found(secrets, log.getvalue()) == set()
    assert log.getvalue().count("\n") >= len(answers)


def test_the_response_to_a_bug_contains_no_secret(person, secrets, world, log, monkeypatch):
    def broken(self, request, *_, **__):
        raise RuntimeError(f"Authorization: {request.META['HTTP_AUTHORIZATION']}")

    monkeypatch.setattr(APIView, "initial", broken)
    answer = Api(secrets["api token"]).get("/environments")
    assert answer.status_code == 500
    assert found(secrets, answer.content.decode()) == set()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert any("RuntimeError" in line.get("exc_info", "") for line in lines)
    assert found(secrets, log.getvalue()) == set()


def test_a_failed_login_logs_no_password(person, secrets, log):
    browser = Browser(person)
    browser.client.logout()
    answer = browser.client.post(
        "/login",
        {"username": PASSWORD, "password": PASSWORD},
        headers={"X-CSRFToken": "c" * 32},
    )
    assert answer.status_code in {200, 403}
    assert found({"password": PASSWORD}, log.getvalue()) == set()


def test_neither_the_history_nor_a_dump_contains_a_secret(person, secrets, world):
    list(everything_said(person, secrets, world))
    dump = io.StringIO()
    call_command("dumpdata", stdout=dump)
    # Codes are made from the device's key, so it is kept as it is: in hexadecimal, in one table.
    assert found(secrets, dump.getvalue()) == set()
    history = list(Revision.objects.values()) + list(LogEntry.objects.values())
    assert len(history) > 10
    assert found(secrets, str(history)) == set()

"""API_RATE_LIMIT: so many changes and reads for each token and session."""

import re

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.auth.token_format import new_secret
from config import limits
from config.env import Rate, rates
from config.http import rate_limiting
from config.http.rate_limiting import WindowTable
from config.setting_sources import BadSetting
from tests.support.browser import Browser

POLICY = {
    "changes": '"changes";q=3;w=60',
    "reads": '"reads";q=5;w=60',
}


@pytest.fixture(autouse=True)
def _limited(settings):
    settings.API_RATE_LIMIT = Rate(3, 60), Rate(5, 60)
    rate_limiting.windows().clear()


@pytest.fixture
def clock(monkeypatch):
    """`clock(seconds)` passes them."""
    now = [1_000_000]
    monkeypatch.setattr(rate_limiting, "_milliseconds", lambda: now[0])

    def passes(seconds):
        now[0] += seconds * 1000

    return passes


def statuses(call, times):
    return [call().status_code for _ in range(times)]


def status_and_limit(response):
    return response.status_code, response["RateLimit-Policy"], response["RateLimit"]


def test_a_token_beyond_its_limit_gets_429_with_retry_after(alices, here, clock):
    rate_limiting.windows().clear()
    clock(0)
    first = alices.get(here)
    assert status_and_limit(first) == (200, POLICY["reads"], '"reads";r=4;t=60')
    clock(20)
    assert statuses(lambda: alices.get(here), 4) == [200] * 4
    refused = alices.get(here)
    assert status_and_limit(refused) == (429, POLICY["reads"], '"reads";r=0;t=40')
    assert refused["Retry-After"] == "40"
    assert refused.json()["code"] == "THROTTLED"
    assert "40 seconds" in refused.json()["details"]
    clock(41)
    assert alices.get(here).status_code == 200


def test_changes_and_reads_are_counted_separately(alices, here):
    rate_limiting.windows().clear()
    changes = statuses(lambda: alices.put(here, {}), 4)
    reads = statuses(lambda: alices.get(here), 6)
    assert (changes, reads) == ([200] * 3 + [429], [200] * 5 + [429])


def test_creates_are_limited_on_the_fast_path_too(alices, volumes, memory):
    answers = [alices.post(volumes, {"name": f"v{number}", "size": 1}) for number in range(4)]
    assert [one.status_code for one in answers] == [201] * 3 + [429]
    assert [one["RateLimit"].split(";")[1] for one in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert len(alices.get(volumes).json()) == 3


def test_a_request_is_counted_once_on_both_paths(alices, volumes, volume, here):
    rate_limiting.windows().clear()
    taken = {"name": "uploads", "size": 1}
    answers = [alices.post(volumes, taken), alices.get(f"{volumes}?name=x"), alices.get(here)]
    counted = [(one.status_code, one["RateLimit"].rpartition(";")[0]) for one in answers]
    assert counted == [(409, '"changes";r=2'), (200, '"reads";r=4'), (200, '"reads";r=3')]


def test_validate_counts_as_a_read(alices, volumes, memory):
    answer = alices.post(f"{volumes}/validate", {"name": "x", "size": 1})
    assert (answer.status_code, answer["RateLimit-Policy"]) == (200, POLICY["reads"])


def test_each_token_and_each_session_has_a_limit_of_its_own(api, alice, environment):
    path = f"/{environment.pk}/app"
    for caller in (api(alice), api(alice), Browser(alice), Browser(alice)):
        assert statuses(lambda caller=caller: caller.get(path), 6) == [200] * 5 + [429]


def test_a_limited_token_gets_only_429(alices, alice, here):
    statuses(lambda: alices.get(here), 6)
    assert alices.get("/00000000-0000-0000-0000-000000000000/volume").status_code == 429
    assert alices.get(f"{here}?nonsense=1").status_code == 429
    TOTPDevice.objects.filter(user=alice).delete()
    assert alices.get(here).json()["code"] == "THROTTLED"


def test_a_missing_second_factor_is_reported_before_the_rate_limit(alices, alice, here):
    TOTPDevice.objects.filter(user=alice).delete()
    answer = alices.get(here)
    assert (answer.status_code, answer["RateLimit-Policy"]) == (403, POLICY["reads"])


def test_a_session_gets_429_before_the_csrf_error(alice, environment):
    browser = Browser(alice, csrf=False)
    path = f"/{environment.pk}/app"
    codes = [browser.post(path, {"name": "x"}).json()["code"] for _ in range(4)]
    assert codes == ["FORBIDDEN"] * 3 + ["THROTTLED"]


def test_unauthenticated_requests_are_not_counted(api, environment):
    path = f"/{environment.pk}/volume"
    answers = [api().get(path, Authorization=f"Bearer {new_secret()}") for _ in range(9)]
    answers += [api().get(path) for _ in range(9)]
    assert {one.status_code for one in answers} == {401}
    assert not any(one.has_header("RateLimit") for one in answers)
    assert not any(rate_limiting.windows()._cells)


@pytest.mark.parametrize("path", ["/", "/settings/security", "/admin/"])
def test_pages_are_limited_by_session(alice, environment, path):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    browser = Browser(alice)
    assert statuses(lambda: browser.get(path), 5) == [200] * 5
    refused = browser.get(path)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert b"Too many requests" in refused.content
    assert browser.get("/static/holdfast.css").status_code == 200


def test_without_a_limit_nothing_is_counted(alices, here, settings):
    settings.API_RATE_LIMIT = None
    answers = [alices.get(here) for _ in range(9)]
    assert {one.status_code for one in answers} == {200}
    assert not any(one.has_header("RateLimit") for one in answers)


def test_a_request_that_is_passed_on_is_not_counted_again(rf):
    request = rf.get("/")
    for _ in range(9):
        rate_limiting.charge(request, "caller", is_change=False)
    assert request.META[rate_limiting.STATE].requests == 1


def test_a_full_table_drops_the_window_that_ends_first(clock):
    table = WindowTable(bytearray(limits.MAX_RATE_WINDOWS * 24))
    colliding = [number * limits.MAX_RATE_WINDOWS + 1 for number in range(9)]
    for key in colliding:
        assert table.hit(key, 60)[0] == 1
        clock(1)
    assert [table.count(key) for key in colliding] == [0] + [1] * 8


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("", None),
        ("600/minute,6000/minute", (Rate(600, 60), Rate(6000, 60))),
        (" 1/second , 9/day ", (Rate(1, 1), Rate(9, 86400))),
    ],
)
def test_the_setting_is_two_rates_or_empty(monkeypatch, value, meant):
    monkeypatch.setenv("API_RATE_LIMIT", value)
    assert rates("API_RATE_LIMIT", "1/minute,2/minute") == meant


def test_the_default_applies_without_the_setting(monkeypatch):
    monkeypatch.delenv("API_RATE_LIMIT")
    assert rates("API_RATE_LIMIT", "1/minute,2/minute") == (Rate(1, 60), Rate(2, 60))


@pytest.mark.parametrize(
    "value",
    [
        *("600", "600/minute", "0/minute,1/minute", "-1/minute,1/minute", "1/week,1/day", "x"),
        *("1/m,1/m", "1/minute,1/minute,1/minute", "٣/minute,1/minute", "1e3/minute,1/minute"),
        ",",
    ],
)
def test_an_invalid_setting_stops_the_start_with_one_line(monkeypatch, value):
    monkeypatch.setenv("API_RATE_LIMIT", value)
    with pytest.raises(BadSetting, match=re.escape("such as 600/minute,6000/minute")):
        rates("API_RATE_LIMIT", "1/minute,2/minute")

"""The log: one JSON object a line, with bounded fields and without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.auth.token_format import new_secret
from config.logs import JsonLines, PlainLines, shorten


@pytest.mark.parametrize(
    "message", ["{}", "GET /{}/volume", "Authorization: Bearer {}", "{{'token': '{}'}}"]
)
def test_token_is_replaced_in_every_part_of_a_line(message: str) -> None:
    secret = new_secret()
    try:
        raise ValueError(f"not with {secret}")
    except ValueError as error:
        raised = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "holdfast", logging.ERROR, __file__, 1, message.format(secret), None, raised
    )
    line = JsonLines().format(record)
    assert secret not in line
    assert "hfst_" not in line
    assert "[secret]" in json.loads(line)["message"]


LOGGED = {"": JsonLines(), "DEBUG": PlainLines("%(levelname)s %(name)s %(message)s")}
HOSTILE = {
    "control characters": "\x01" * 63_000,
    "four bytes each": "😀" * 20_000,
    "a lone surrogate": "\ud800" * 20_000,
    "quotes": '"\\' * 30_000,
    "line ends": "\r\n" * 30_000,
}


def record_of(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, message, arguments, None)
    record.__dict__ |= extra
    return record


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_field_of_a_line_is_shortened(text: str) -> None:
    record = record_of("%s was refused", text, user=text, path=text, rows=[text])
    line = JsonLines().format(record)
    assert len(line.encode()) < 5000
    assert json.loads(line)["message"][1:2] == text[1:2].encode("utf-8", "replace").decode()


@pytest.mark.parametrize("maximum", [12, 100, 500])
@pytest.mark.parametrize(
    "text", [*HOSTILE.values(), "", "short", "x" * 500], ids=[*HOSTILE, "none", "short", "letters"]
)
def test_shortened_text_fits_and_ends_with_an_ellipsis(text: str, maximum: int) -> None:
    short = shorten(text, maximum)
    assert len(json.dumps(short.removesuffix("…"), ensure_ascii=False).encode()) <= maximum + 2
    assert short in (text, short.removesuffix("…") + "…")


def test_long_traceback_keeps_its_beginning_and_end() -> None:
    try:
        raise ValueError("x" * 60_000 + "the end")
    except ValueError as error:
        raised = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "a bug", None, raised)
    for formatter in LOGGED.values():
        line = formatter.format(record)
        assert len(line) < 10_000
        assert "Traceback" in line
        assert "the end" in line


def test_plain_line_shows_the_fields_of_a_request() -> None:
    fields = {"method": "GET", "status": 200, "path": "/login", "ip": "192.0.2.7"}
    line = LOGGED["DEBUG"].format(record_of("request_finished", **fields))
    assert line == "INFO x request_finished GET 200 /login 192.0.2.7"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """Return the lines that the installed handler has written during the test."""
    (handler,) = [
        one for one in logging.getLogger().handlers if isinstance(one.formatter, JsonLines)
    ]
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


Lines = Callable[[], list[dict[str, Any]]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/" + "%01" * 21_000, "/x/volume/" + "a" * 60_000, "/" + "%C3%BC" * 9000]
)
def test_path_is_logged_once_and_cut(lines: Lines, path: str) -> None:
    Client().get(path)
    (line,) = lines()
    assert line["path"] == path[:500]
    assert len(json.dumps(line)) < 1000


@pytest.mark.django_db
def test_access_line_has_the_clients_address(lines: Lines, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    Client().get("/login", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.77"})
    (line,) = lines()
    assert (line["path"], line["ip"]) == ("/login", "203.0.113.77")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["scanner.example", "x" * 60_000, "a b", "127.0.0.1:x", "ü.example"]
)
@pytest.mark.parametrize("path", ["/login", "/healthz", "/", "/admin/", "/static/holdfast.css"])
def test_unknown_host_is_logged_as_one_warning(lines: Lines, host: str, path: str) -> None:
    answer = Client(raise_request_exception=False).get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert "This address is not served here." in answer.content.decode()
    assert "ALLOWED_HOSTS" not in answer.content.decode()
    warning, access = lines()
    assert (warning["level"], warning["host"]) == ("WARNING", host[:100])
    assert warning["message"] == "host_not_allowed"
    assert "exc_info" not in warning
    assert (access["level"], access["status"]) == ("INFO", 400)


@pytest.mark.django_db
def test_unknown_host_is_refused_in_json_on_api_paths(lines: Lines) -> None:
    answer = Client().get("/environments", headers={"Host": "scanner.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert answer.json()["message"] == "This address is not served here."


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["&".join(f"p{number}=" for number in range(1200)), "x=" + "y" * 60_000],
    ids=["many parameters", "a long one"],
)
def test_requests_refused_for_security_are_logged_without_traceback(
    lines: Lines, query: str
) -> None:
    assert Client(raise_request_exception=False).get(f"/login?{query}").status_code == 400
    written = lines()
    assert not any("exc_info" in line for line in written)
    assert not any(query[:9] in json.dumps(line) for line in written)
    assert {line["level"] for line in written} <= {"WARNING", "INFO"}
    assert sum(len(json.dumps(line)) for line in written) < 2000


@pytest.mark.django_db
def test_log_is_short_when_the_csrf_token_is_missing(lines: Lines) -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/" + "%01" * 20_000, {"x": "y" * 60_000})
    assert answer.status_code in {403, 404}
    assert sum(len(json.dumps(line)) for line in lines()) < 2000


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["u" * 60_000, "\x01" * 20_000], ids=["long", "strange"])
def test_log_is_short_when_the_username_is_long(lines: Lines, name: str) -> None:
    Client().post("/login", {"username": name, "password": "wrong"})
    assert sum(len(json.dumps(line)) for line in lines()) < 2500

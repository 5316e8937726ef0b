"""Holdfast behind a real nginx with the documented configuration."""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import sync_playwright

from tests.proxy.nginx import CLIENT, Proxy, new_proxy, nginx
from tests.support.chromium import context_for, launch, needs_chromium
from tests.support.documents import DOCS
from tests.support.installation import eventually
from tests.support.server import Server

YEAR = "max-age=31536000"


def as_alice(server: Server, **headers: str) -> dict[str, str]:
    token = server.installation.token
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}


def code(server: Server) -> str:
    """Return the present code of Alice's device."""
    key = base64.b32decode(server.installation.identity["totpSecret"])
    totp = TOTP(key)
    totp.time = time.time()
    return f"{totp.token():06d}"


@pytest.mark.browser
@needs_chromium
def test_a_person_logs_in_by_tls_with_two_factors(server: Server, proxy: Proxy) -> None:
    made = server.installation.identity
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = context_for(browser, proxy.origin, ignore_https_errors=True)
        page = context.new_page()
        response = page.goto("/")
        assert response
        assert response.headers["strict-transport-security"] == YEAR
        page.fill("[name=username]", made["username"])
        page.fill("[name=password]", made["password"])
        page.keyboard.press("Enter")
        page.fill("[autocomplete=one-time-code]", code(server))
        page.keyboard.press("Enter")
        page.wait_for_url(f"{proxy.origin}/")
        assert page.get_by_role("heading", level=1).is_visible()
        cookies = {cookie["name"]: cookie for cookie in context.cookies()}
        browser.close()
    assert cookies["sessionid"]["secure"]
    assert cookies["csrftoken"]["secure"]
    assert cookies["sessionid"]["httpOnly"]
    (line,) = [line for line in server.installation.log_lines() if line.get("factors") == 2]
    assert line["ip"] == "127.0.0.1"


def test_history_and_log_have_the_clients_address_when_it_forges_the_header(
    server: Server, proxy: Proxy
) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X_Forwarded_For": "6.6.6.6", "X-Real-IP": "6.6.6.6"}
    headers = as_alice(server, **forged, **{"X-Request-ID": "from-afar"})
    environment = server.environment()
    body = json.dumps({"name": "data", "size": 1})
    response, text = proxy.ask("POST", f"{environment}/volume", body, **headers)
    assert response.status == 201, text
    history = f"{environment}/volume/{json.loads(text)['id']}/history"
    _, entries = proxy.ask("GET", history, **as_alice(server))
    assert [entry["ip"] for entry in json.loads(entries)] == [CLIENT]
    eventually(lambda: lines(server, "from-afar"), 10)
    assert [line["ip"] for line in lines(server, "from-afar")] == [CLIENT]


def lines(server: Server, request_id: str) -> list[dict[str, object]]:
    found = server.installation.log_lines()
    return [line for line in found if line["requestId"] == request_id and "path" in line]


def test_links_work_through_the_proxy(server: Server, proxy: Proxy) -> None:
    environment = server.environment()
    for name in ("one", "two"):
        server.volume(environment, name)
    path = f"{environment}/volume?limit=1"
    response, _ = proxy.ask("GET", path, **as_alice(server))
    link = re.match(r'<([^>]+)>; rel="next"', response.headers["Link"])
    assert link
    address = urlsplit(link[1])
    assert f"{address.scheme}://{address.netloc}" == proxy.origin
    _, text = proxy.ask("GET", f"{address.path}?{address.query}", **as_alice(server))
    assert [volume["name"] for volume in json.loads(text)] == ["two"]


def test_a_strong_tag_stays_strong(server: Server, proxy: Proxy) -> None:
    path = server.volume(server.environment())
    response, _ = proxy.ask("GET", path, **as_alice(server, **{"Accept-Encoding": "gzip"}))
    tag = response.headers["ETag"]
    assert tag.startswith('"1.')
    changed, _ = proxy.ask(
        "PUT", path, '{"description": "x"}', **as_alice(server, **{"If-Match": tag})
    )
    assert changed.status == 200


def test_a_tag_that_compression_weakened_is_refused_with_the_reason(
    server: Server, tmp_path: Path
) -> None:
    compressing = new_proxy()
    on = "gzip on; gzip_proxied any; gzip_min_length 10; gzip_types application/json;"
    path = server.volume(server.environment())
    with nginx(tmp_path / "nginx", server.port, compressing, gzip=on):
        packed = as_alice(server, **{"Accept-Encoding": "gzip"})
        tag = compressing.ask("GET", path, **packed)[0].headers["ETag"]
        assert tag.startswith('W/"1.')
        body = '{"description": "x"}'
        refused, text = compressing.ask("PUT", path, body, **as_alice(server, **{"If-Match": tag}))
        changed, _ = compressing.ask("PUT", path, body, **as_alice(server, **{"If-Match": '"1"'}))
    assert refused.status == 412
    assert 'the tag was weakened by a proxy; send If-Match: \\"1\\"' in text
    assert changed.status == 200


def test_a_body_that_is_too_large_is_refused_as_json(server: Server, proxy: Proxy) -> None:
    environment = server.environment()
    body = json.dumps({"name": "x" * 70_000})
    response, text = proxy.ask("POST", f"{environment}/volume", body, **as_alice(server))
    assert (response.status, json.loads(text)["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_plain_http_is_redirected_to_tls(server: Server, proxy: Proxy) -> None:
    response, _ = proxy.ask_in_clear("/login?next=/")
    assert response.status == 301
    assert response.headers["Location"].startswith("https://localhost")
    assert response.headers["Location"].endswith("/login?next=/")


def test_the_documents_set_the_number_of_proxies() -> None:
    assert "so `TRUSTED_PROXIES` is 1" in (DOCS / "operating.md").read_text()

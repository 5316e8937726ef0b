"""The warnings of `serve` at its start about unsafe settings."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from config.deployment import warn_of_unsafe_settings


@pytest.fixture
def warnings(settings, caplog: pytest.LogCaptureFixture):
    def warnings(public: str, proxies: int, bind_host: str) -> list[str]:
        settings.PUBLIC_URL = urlsplit(public)
        settings.PUBLIC_IS_HTTPS = public.startswith("https:")
        settings.TRUSTED_PROXIES = proxies
        warn_of_unsafe_settings(bind_host)
        return [
            f"{record.levelname} {record.message} {record.__dict__['hint']}"
            for record in caplog.records
        ]

    return warnings


HTTP, HTTPS = "http://127.0.0.1:8000", "https://volumes.example.com"


def test_warning_when_https_has_no_trusted_proxies(warnings) -> None:
    (line,) = warnings(HTTPS, 0, "127.0.0.1")
    assert line.startswith(
        "WARNING trusted_proxies_missing PUBLIC_URL is https and TRUSTED_PROXIES is 0"
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "2001:db8::1"])
def test_warning_when_a_public_address_has_no_https(warnings, host) -> None:
    (line,) = warnings(HTTP, 1, host)
    assert line.startswith("WARNING unencrypted_listener ")
    assert host in line
    assert "PUBLIC_URL is http:" in line


@pytest.mark.parametrize(
    ("public", "proxies", "host"),
    [
        (HTTP, 0, "127.0.0.1"),
        (HTTP, 0, "127.0.0.53"),
        (HTTP, 0, "::1"),
        (HTTPS, 1, "127.0.0.1"),
        (HTTPS, 1, "0.0.0.0"),
    ],
)
def test_no_warning_when_settings_are_safe(warnings, public, proxies, host) -> None:
    assert warnings(public, proxies, host) == []

"""Warnings at the start of the server about settings that are valid but not safe together."""

from __future__ import annotations

import logging
from ipaddress import ip_address

from django.conf import settings

log = logging.getLogger("holdfast.deployment")


def warn_of_unsafe_settings(bind_host: str) -> None:
    """Log one warning for each problem. `bind_host` is the IP address that the server listens on."""
    if settings.PUBLIC_IS_HTTPS and not settings.TRUSTED_PROXIES:
        log.warning(
            "trusted_proxies_missing",
            extra={
                "hint": "PUBLIC_URL is https and TRUSTED_PROXIES is 0: all clients seem to have the"
                " proxy's address, and one of them can use up the login attempts of all. Set"
                " TRUSTED_PROXIES to the number of proxies."
            },
        )
    if not settings.PUBLIC_IS_HTTPS and not ip_address(bind_host).is_loopback:
        log.warning(
            "unencrypted_listener",
            extra={
                "host": bind_host,
                "hint": f"{bind_host} can be reached from other machines and PUBLIC_URL is http:"
                " passwords and tokens cross the network unencrypted. Use a proxy with TLS, and set"
                " PUBLIC_URL to its https address.",
            },
        )

"""What the server warns of at its start: settings that work, but not safely together."""

from __future__ import annotations

import logging
from ipaddress import ip_address

from django.conf import settings

log = logging.getLogger("holdfast.deployment")


def warn_of_unsafe_settings(bind_host: str) -> None:
    """Log one line for each. `bind_host` is the IP address that the server listens on."""
    if settings.PUBLIC_IS_HTTPS and not settings.TRUSTED_PROXIES:
        log.warning(
            "PUBLIC_URL is https and TRUSTED_PROXIES is 0: all clients seem to have the proxy's address,"
            " and one of them can use up the log-in attempts of all. Set TRUSTED_PROXIES to the number of"
            " proxies."
        )
    if not settings.PUBLIC_IS_HTTPS and not ip_address(bind_host).is_loopback:
        log.warning(
            "%s can be reached from other machines and PUBLIC_URL is http: passwords and tokens cross the"
            " network unencrypted. Use a proxy with TLS, and set PUBLIC_URL to its https address.",
            bind_host,
        )

"""Assembles the parts of a worker."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse

from config import limits
from config.client_addresses import client_address
from config.http import error_responses
from config.http.middleware import Handler, public_scheme, request_log, security_headers
from config.http.request import Utf8Request
from config.server.connections import ConnectionGuard
from config.server.environ import Environ
from config.server.exchange import App, Exchange, Site
from config.server.granian_types import Watcher
from config.server.quota import AddressQuota

log = logging.getLogger("holdfast.server")


def begin(application: App) -> Callable[[Watcher], None]:
    """Return the callable that processes each request of this worker with `application`."""
    port = int(os.environ.get("HOLDFAST_SERVER_PORT", "0"))
    guard = ConnectionGuard(port)
    if port:  # 0 if this is not a worker of `serve`
        guard.start()
    site = Site(
        application=application,
        late=_answered_by(error_responses.body_late),
        full=_answered_by(error_responses.server_full),
        address_of=client_address,
        guard=guard,
        bodies=AddressQuota(
            total=limits.MAX_UNFINISHED_BODIES,
            per_address=limits.MAX_UNFINISHED_BODIES_PER_ADDRESS,
        ),
        unread=AddressQuota(
            total=limits.MAX_UNREAD_BYTES, per_address=limits.MAX_UNREAD_BYTES_PER_ADDRESS
        ),
    )

    def begin_exchange(watcher: Watcher) -> None:
        try:
            Exchange(site, watcher).start()
        except Exception as error:
            watcher.err(error)  # granian would ignore an exception raised here

    return begin_exchange


def _answered_by(view: Callable[[HttpRequest], HttpResponse]) -> App:
    """Return a WSGI application for the view that needs neither the database nor a template."""
    handler: Handler = request_log(public_scheme(security_headers(view)))

    def application(environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        response = handler(Utf8Request(environ))
        response["Content-Length"] = str(len(response.content))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    return application

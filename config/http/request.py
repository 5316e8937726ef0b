"""Django's handler, with requests of ours."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

ARRIVED_AT = "holdfast.arrived_at"
"""The key of `META`: when all of the request was here, of `time.monotonic()`. The server notes it."""


class Utf8Request(WSGIRequest):
    """A request whose text is UTF-8, whatever its Content-Type claims.

    Django would decode the query by the claimed charset: `charset=zlib` and parameters that cannot be
    parsed end in an exception before anything of ours could answer. The claim stays in
    `content_params`, for the API to refuse.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            parsed = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            meta["CONTENT_TYPE"] = "application/octet-stream"
            parsed = meta["CONTENT_TYPE"], {}
        self.content_type, self.content_params = parsed


class Handler(WSGIHandler):
    request_class = Utf8Request

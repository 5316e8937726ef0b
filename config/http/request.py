"""The class of requests."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """A request that is decoded as UTF-8, whatever charset its Content-Type names.

    Django would decode the query with that charset. A charset such as `zlib`, or parameters that cannot
    be parsed, would raise an exception before any view runs. The charset remains in `content_params`, so
    that the API can refuse it.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            parsed = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            meta["CONTENT_TYPE"] = "application/octet-stream"
            parsed = meta["CONTENT_TYPE"], {}
        self.content_type, self.content_params = parsed

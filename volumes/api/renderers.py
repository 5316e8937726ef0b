"""JSON responses, whatever the request accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

__all__ = ["AlwaysJSON", "JSONRenderer"]


class AlwaysJSON(DefaultContentNegotiation):
    """Returns JSON for any Accept header: a 406 would help no caller."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)

"""The OpenAPI document and the page to read it on. Open to all, and needing no other host."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import yaml
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from volumes.api import security  # noqa: F401  (registers itself)
from volumes.api.links import add_links
from volumes.api.urls import environments, scoped


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as JSON; YAML with `?format=yaml`."""
    if request.GET.get("format") == "yaml":
        return HttpResponse(_document("yaml"), content_type="application/yaml; charset=utf-8")
    return HttpResponse(_document("json"), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI out of its package."""
    return render(request, "docs.html")


@lru_cache
def _document(form: str) -> str:
    document = document_of_the_api()
    if form == "yaml":
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return json.dumps(document, ensure_ascii=False)


def document_of_the_api() -> dict[str, Any]:
    """Of the root paths only: the other bases serve the same."""
    # The generator renders lazily translated text; a round trip leaves plain values.
    generator = SchemaGenerator(patterns=[*scoped, *environments])  # type: ignore[no-untyped-call]
    found = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document: dict[str, Any] = json.loads(json.dumps(found, default=str))
    add_links(document)
    return document


urlpatterns = [path("schema", schema, name="schema"), path("docs", docs, name="docs")]

"""The OpenAPI document and the page to read it on. Open to all, and needing no other host."""

from __future__ import annotations

import json
from functools import lru_cache

import yaml
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.settings import spectacular_settings

from config.errors import BadRequest
from volumes.api.errors import exception_handler
from volumes.api.query_params import Query


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as JSON; YAML with `?format=yaml`."""
    try:
        query = Query(request.GET, known={"format"})
        form = query.choice("format", ["json", "yaml"])
        query.check()
    except BadRequest as refusal:
        return exception_handler(refusal, {})
    if form == "yaml":
        return HttpResponse(_document("yaml"), content_type="application/yaml; charset=utf-8")
    return HttpResponse(_document("json"), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI out of its package."""
    return render(request, "docs.html")


@lru_cache
def _document(form: str) -> str:
    # The setting names the generator, so that it is loaded on demand: it takes longer to load than all
    # of the API, and is needed once, if at all.
    document = spectacular_settings.DEFAULT_GENERATOR_CLASS().document()
    if form == "yaml":
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return json.dumps(document, ensure_ascii=False)


urlpatterns = [path("schema", schema, name="schema"), path("docs", docs, name="docs")]

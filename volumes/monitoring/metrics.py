"""Prometheus metrics of requests and volumes."""

from __future__ import annotations

import os
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from config.http.envelope import envelope
from volumes.models import Environment, Volume, VolumeStatus
from volumes.monitoring.space import SpaceCollector
from volumes.monitoring.tables import TableCollector
from volumes.reconciler.targets import TARGETS

SETTLED = {VolumeStatus.READY, VolumeStatus.DELETED}


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics to a caller with METRICS_TOKEN; 404 while that setting is empty."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        refusal = JsonResponse(envelope("UNAUTHORIZED", "METRICS_TOKEN is needed."), status=401)
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    text = generate_latest(_requests()) + generate_latest(_volumes())
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _requests() -> CollectorRegistry:
    """Return the request metrics of all workers together, or of this process without workers."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _volumes() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(VolumeCollector())
    registry.register(SpaceCollector())
    registry.register(TableCollector())
    return registry


class VolumeCollector:
    """Queries the database at each scrape, so that all processes report the same."""

    def collect(self) -> Iterable[Metric]:
        yield self._by_status()
        yield from self._by_environment()
        yield from self._unsettled()

    def _by_status(self) -> Metric:
        gauge = GaugeMetricFamily("holdfast_volumes", "Volumes by status", labels=["status"])
        counted = dict(Volume.objects.order_by().values_list("status").annotate(number=Count("pk")))
        for status in VolumeStatus.values:
            gauge.add_metric([status], counted.get(status, 0))
        return gauge

    def _by_environment(self) -> Iterable[Metric]:
        provisioned = GaugeMetricFamily(
            "holdfast_provisioned_mb", "MiB that the backend holds", labels=["environment"]
        )
        used = GaugeMetricFamily(
            "holdfast_used_mb", "MiB used at the last measurement", labels=["environment"]
        )
        sums = {
            pk: (held or 0, full or 0)
            for pk, held, full in Volume.objects.live()
            .order_by()
            .values_list("environment")
            .annotate(held=Sum("provisioned_size"), full=Sum("used_size"))
        }
        for pk in Environment.objects.live().values_list("pk", flat=True):
            held, full = sums.get(pk, (0, 0))
            provisioned.add_metric([str(pk)], held)
            used.add_metric([str(pk)], full)
        return provisioned, used

    def _unsettled(self) -> Iterable[Metric]:
        """Return what is eligible for a step, and how long it has waited; 0 if all is settled."""
        labels = ["type", "status"]
        number = GaugeMetricFamily(
            "holdfast_unsettled", "Changes that are not finished", labels=labels
        )
        age = GaugeMetricFamily(
            "holdfast_unsettled_seconds", "Age of the oldest of them", labels=labels
        )
        oldest = 0.0
        for target in TARGETS:
            rows = target.rows.eligible().annotate(since=target.waits_since).order_by()
            waiting = {
                status: (count, (now - since).total_seconds())
                for status, count, since, now in rows.values_list("status").annotate(
                    count=Count("pk"), oldest=Min("since"), now=Max(Now())
                )
            }
            meta = target.rows.model._meta
            statuses = {status for status, _ in meta.get_field("status").flatchoices} - SETTLED
            for status in sorted(statuses | waiting.keys()):
                count, seconds = waiting.get(status, (0, 0.0))
                number.add_metric([str(meta.model_name), status], count)
                age.add_metric([str(meta.model_name), status], seconds)
                oldest = max(oldest, seconds)
        yield number
        yield age
        yield GaugeMetricFamily(
            "holdfast_oldest_unsettled_seconds",
            "Age of the oldest change that is not settled",
            value=oldest,
        )

"""What is measured: each service with its database, its processes and its volumes."""

from tests.benchmarks.services.base import Service
from tests.benchmarks.services.fastapi import FastApi
from tests.benchmarks.services.holdfast import Holdfast, HoldfastWithoutInline
from tests.benchmarks.services.limit import Limit
from tests.benchmarks.services.textbook import Textbook

SERVICES: dict[str, type[Service]] = {
    service.name: service for service in (Limit, FastApi, Holdfast, HoldfastWithoutInline, Textbook)
}

__all__ = ["SERVICES", "Service"]

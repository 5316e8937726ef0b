"""Every service answers every operation, so that no benchmark measures errors."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.benchmarks import wrk
from tests.benchmarks.operations import OPERATIONS, Operation
from tests.benchmarks.running import running
from tests.benchmarks.services import SERVICES, Service
from tests.support.needs import needs

DATABASE = "postgresql" if os.environ.get("DATABASE_URL") else "sqlite"
SIZE = 300

pytestmark = [
    pytest.mark.races,
    pytest.mark.xdist_group("benchmarks"),
    needs(wrk.installed(), "wrk is not installed"),
]


@pytest.fixture(params=[name for name in SERVICES if DATABASE in SERVICES[name].databases])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with running(DATABASE, [(request.param, SIZE)]) as services:
        yield services[request.param, SIZE]


def test_a_service_answers_every_request_of_the_benchmark(service: Service) -> None:
    for name in service.requests():
        assert answers(service, OPERATIONS[name]), name


def answers(service: Service, operation: Operation) -> int:
    """How many there were in a second or, on a busy machine, in more. A refusal raises."""
    for seconds in (1, 4, 16):
        service.prepare(operation, seconds)
        if found := service.drive(operation, 2, seconds).requests:
            return found
    return 0

"""Sequences along the links of the OpenAPI document: what was made is read, changed, deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import hypothesis
from hypothesis.errors import Flaky
from schemathesis import BaseSchema
from schemathesis.core.transport import Response
from schemathesis.generation.stateful.state_machine import APIStateMachine

from tests.fuzz.cases import Case
from tests.fuzz.generated import quietly

Ask = Callable[[Case], Response]
STEPS = 12


def follow_links(schema: BaseSchema, ask: Ask, *, random: Random, count: int) -> None:
    """About so many sequences of at most STEPS requests each."""
    machine: type[APIStateMachine] = schema.as_state_machine()
    begun = 0

    class Asking(machine):  # type: ignore[valid-type,misc]
        def setup(self) -> None:
            nonlocal begun
            begun += 1

        def call(self, case: Case, **kwargs: Any) -> Response:
            return ask(case)

        def validate_response(self, *args: Any, **kwargs: Any) -> None:
            """The judge has seen it."""

    while begun < count:
        hypothesis.seed(random.getrandbits(32))(Asking)
        # A server remembers, which Hypothesis calls flaky: it goes on with another seed.
        with suppress(Flaky):
            Asking.run(settings=quietly(count - begun, stateful_step_count=STEPS))

"""What sweeps beside the requests looks at the switch as well."""

from __future__ import annotations

from unittest.mock import patch

from django.apps import AppConfig


class Planted(AppConfig):
    name = "tests.seeded_bugs"

    def ready(self) -> None:
        from tests.seeded_bugs.switch import look
        from volumes.reconciler.loop import ReconcileLoop

        round_of_the_product = ReconcileLoop.round

        def round(sweeper: ReconcileLoop) -> int:
            look()
            return round_of_the_product(sweeper)

        patch.object(ReconcileLoop, "round", round).start()

"""What sweeps beside the requests looks at the switch as well."""

from __future__ import annotations

from unittest.mock import patch

from django.apps import AppConfig


class SeededBugs(AppConfig):
    name = "tests.seeded_bugs"

    def ready(self) -> None:
        from tests.seeded_bugs.switch import look
        from volumes.reconciler.loop import ReconcileLoop

        original = ReconcileLoop.start_due

        def start_due(loop: ReconcileLoop) -> int:
            look()
            return original(loop)

        patch.object(ReconcileLoop, "start_due", start_due).start()

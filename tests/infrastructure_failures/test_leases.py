"""Two reconcilers, of which the first is held up for longer than its leases last."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.races.helpers import end, freeze_at_work, reconciler, spec
from tests.support.installation import eventually, installed
from tests.support.invariants import UNSETTLED, must_hold

ROWS = "SELECT * FROM volumes_volume ORDER BY id"


def test_a_reconciler_that_resumes_after_its_leases_expired_changes_nothing(tmp_path: Path) -> None:
    with installed(tmp_path, RECONCILE_INLINE="false", MEASURE_EVERY="0") as idle:
        spec(idle, "wished", 400)
        zombie = reconciler(idle)
        freeze_at_work(idle, zombie)
        other = reconciler(idle)
        eventually(lambda: not idle.rows(UNSETTLED))
        settled = idle.rows(ROWS)
        zombie.send_signal(signal.SIGCONT)
        assert end(zombie) == 0
        assert idle.rows(ROWS) == settled
        must_hold(idle, within=0)
        assert end(other) == 0

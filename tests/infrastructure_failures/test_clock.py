"""Clocks of machines that differ by days, and one that jumps while it serves. PostgreSQL's is its own."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.infrastructure_failures.helpers import ask
from tests.races.helpers import end, freeze_at_work, spec
from tests.support.installation import installed
from tests.support.invariants import must_hold
from tests.support.server import Server, serving

DAY = 86400

LEASES = "SELECT id, lease_owner FROM volumes_volume WHERE lease_until IS NOT NULL"


def clock(file: Path, off_by: int) -> dict[str, str]:
    """Variables for a process whose clock is off by what stands in that file, in seconds."""
    set_clock(file, off_by)
    return {
        "DJANGO_SETTINGS_MODULE": "tests.infrastructure_failures.wrong_clock",
        "CLOCK_OFF_BY": str(file),
    }


def set_clock(file: Path, off_by: int) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(str(off_by))
    draft.rename(file)  # nobody reads half of it


def test_machines_with_different_clocks_respect_each_others_leases(tmp_path: Path) -> None:
    with installed(tmp_path, RECONCILE_INLINE="false") as installation:
        spec(installation, "wished", 400)
        behind, ahead = (clock(tmp_path / f"{days}", days * DAY) for days in (-1, 1))
        first = installation.start("reconcile", "--watch", **behind)
        freeze_at_work(installation, first)
        held = set(installation.rows(LEASES))
        second = installation.start("reconcile", "--watch", **ahead)
        time.sleep(8)  # it has begun by then, and by its own clock all leases are long over
        assert held <= set(installation.rows(LEASES))
        first.send_signal(signal.SIGCONT)
        must_hold(installation)
        assert [end(process) for process in (first, second)] == [0, 0]


def test_a_jumping_clock_changes_nothing(tmp_path: Path) -> None:
    now = tmp_path / "now"
    with installed(tmp_path) as installation, serving(installation, **clock(now, 0)) as server:
        environment = server.environment()
        volumes = [server.volume(environment, "before")]
        for days in (2, -2, 0):
            set_clock(now, days * DAY)
            volumes.append(server.volume(environment, f"at-{days % 7}"))
            answers = [ask(server, "PUT", one, {"size": 20 + len(volumes)}) for one in volumes]
            assert {(one.status, one.body["status"]) for one in answers} == {(200, "ready")}
        listed = server.wire().get(f"{environment}/volume").body
        assert {one["id"] for one in listed} == {volume[-40:] for volume in volumes}
        assert ask(server, "DELETE", volumes[0]).status == 200
        must_hold(installation)


def test_the_history_is_in_the_order_of_versions_despite_different_clocks(
    tmp_path: Path,
) -> None:
    with installed(tmp_path) as installation:
        ahead, behind = (Server(installation, workers=1) for _ in range(2))
        ahead.start(**clock(tmp_path / "ahead", 2 * DAY))
        behind.start(**clock(tmp_path / "behind", -2 * DAY))
        volume = ahead.volume(ahead.environment(), "shared")
        seen = [ask(ahead, "GET", volume).body]
        for size in range(20, 24):
            for server in (behind, ahead):
                ask(server, "POST", f"{volume}/snapshot", {"name": f"at-{size}"})
                seen.append(ask(server, "PUT", volume, {"size": 2 * size + len(seen)}).body)
        history = ask(behind, "GET", f"{volume}/history").body
        assert [entry["version"] for entry in reversed(history)] == [
            *([1] + [entry for version in range(2, 10) for entry in (None, version)])
        ]
        changed = [one["modifiedAt"] for one in seen]
        assert changed == sorted(changed)
        assert seen[0]["createdAt"] <= changed[0]
        must_hold(installation)

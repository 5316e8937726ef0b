"""Rows of older versions keep their meaning after an upgrade."""

from __future__ import annotations

from pathlib import Path

from tests.support.installation import installed
from tests.support.server import serving

OLD = """UPDATE volumes_snapshot SET due_at = created_at, is_made = {made}, status = '{status}',
    status_message = '{message}', is_accepted = FALSE WHERE name = '{name}'"""
ROWS = "SELECT name, status, taken_at = created_at, take_until > created_at FROM volumes_snapshot"


def test_old_snapshots_get_their_times_when_upgraded(tmp_path: Path) -> None:
    """Taken snapshots get the time of their request. A failed one is never taken later."""
    with installed(tmp_path) as installation, serving(installation) as server:
        volume = server.volume(server.environment())
        for name in ("taken", "failed", "waiting"):
            answer = server.wire().post(f"{volume}/snapshot", {"name": name})
            assert answer.status == 201, answer
        server.terminate()
        assert installation.run("migrate", "volumes", "0010_unreadable_data").returncode == 0
        for name, made, status, message in (
            ("taken", "TRUE", "ready", ""),
            ("failed", "FALSE", "error", "The disk is full."),
            ("waiting", "FALSE", "pending", ""),
        ):
            sql = OLD.format(name=name, made=made, status=status, message=message)
            installation.meddle(sql)
        upgraded = installation.run("migrate")
        assert upgraded.returncode == 0, upgraded.stderr
        rows = {
            (name, status, bool(taken), bool(may))
            for name, status, taken, may in installation.rows(ROWS)
        }
        assert rows == {
            ("taken", "ready", True, False),
            ("failed", "error", False, False),
            ("waiting", "pending", False, True),
        }

"""The whole campaign, on both databases: `make chaos` runs it.

Prints a table and its summary, writes both as `chaos.md` and `chaos.json`, and ends with 1 where
something did not hold.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import trange

from tests.faults import report
from tests.faults.campaign import campaign
from tests.faults.kill_targets import Kill
from tests.support.postgres import PrivatePostgres

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    options = _options()
    found: list[report.Line] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="holdfast-chaos-") as place:
        home = Path(place)
        home.chmod(0o755)  # PostgreSQL's user must get through
        for database in options.databases:
            with _server(database, home):
                kills = list(_kills(database, home / database, options.repeats, failures))
            found += report.lines(database, kills)
    print(report.table(found))
    print(report.summary(found, failures))
    report.write(options.report, found, failures)
    print(f"Written to {options.report}.")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("--repeats", type=int, default=20, help="kills at each place (20)")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument(
        "--report",
        type=Path,
        default=Path(tempfile.gettempdir(), "holdfast-chaos"),
        metavar="DIRECTORY",
        help="where to write (%(default)s)",
    )
    return parser.parse_args()


def _kills(database: str, home: Path, repeats: int, failures: list[str]) -> Iterator[Kill]:
    """Round by round. After one in which something did not hold there is no next one."""
    with campaign(home) as running:
        for number in trange(repeats, desc=database, unit="round", file=sys.stderr):
            try:
                yield from running.round(number)
            except AssertionError as error:
                failures.append(f"{database}, round {number}: {error}")
                return


@contextmanager
def _server(database: str, home: Path) -> Iterator[None]:
    """What DATABASE_URL names while inside; nothing for SQLite, whose files are made as needed."""
    os.environ.pop("DATABASE_URL", None)
    if database == "sqlite":
        yield
        return
    server = PrivatePostgres(home / "server")
    os.environ["DATABASE_URL"] = server.url
    try:
        yield
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())

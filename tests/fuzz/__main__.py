"""`make fuzz N=…`: hostile requests against real servers, on SQLite and on PostgreSQL."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()  # the admin's routes are asked for

from tests.fuzz.campaign import Campaign  # noqa: E402
from tests.fuzz.results import Results  # noqa: E402
from tests.support.installation import installed  # noqa: E402
from tests.support.postgres import PostgresMissing, PrivatePostgres  # noqa: E402
from tests.support.server import serving  # noqa: E402

SOURCES = ("document", "links", "hand-made", "pages", "sockets", "lists")
KINDS = ("5xx", "schema", "request id", "html", "silence", "list")


def main() -> int:
    spec = arguments()
    with tempfile.TemporaryDirectory(prefix="holdfast-fuzz-") as name:
        home = Path(name)
        home.chmod(0o755)
        results_by_database = {"SQLite": campaign(home / "sqlite", spec)}
        try:
            server = PrivatePostgres(home / "postgres")
        except PostgresMissing as missing:
            print(f"SKIPPED PostgreSQL: {missing}")
        else:
            os.environ["DATABASE_URL"] = server.url
            results_by_database["PostgreSQL"] = campaign(home / "postgresql", spec)
            server.stop()
    for results in results_by_database.values():
        for finding in results.findings:
            print(finding, end="\n\n")
    show(results_by_database)
    return int(any(results.found for results in results_by_database.values()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", type=int, help="requests in all, about")
    parser.add_argument("--seconds", type=float, default=3600, help="at most, in all")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def campaign(home: Path, spec: argparse.Namespace) -> Results:
    with installed(home) as installation, serving(installation) as server:
        return Campaign(server, spec.seed).run(spec.count // 2, seconds=spec.seconds / 2)


def show(results_by_database: dict[str, Results]) -> None:
    """One row for each kind of request and of finding, a column for each database."""
    rows: list[tuple[str, list[int]]] = [
        *(
            (
                f"requests, {one}",
                [results.requests[one] for results in results_by_database.values()],
            )
            for one in SOURCES
        ),
        ("requests in all", [results.total for results in results_by_database.values()]),
        *(
            (f"found, {kind}", [results.found[kind] for results in results_by_database.values()])
            for kind in KINDS
        ),
        ("found in all", [results.found.total() for results in results_by_database.values()]),
    ]
    print(f"{'':24}" + "".join(f"{name:>12}" for name in results_by_database))
    for name, numbers in rows:
        print(f"{name:24}" + "".join(f"{number:12,}" for number in numbers))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.history`: a run of its own installation, or the check of one that was recorded."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.history.recording import record, recorded
from tests.history.run import Plan
from tests.history.summary import summary


def main() -> int:
    options = arguments()
    if options.check:
        run = recorded(options.check)
    else:
        home = options.keep or Path(tempfile.mkdtemp(prefix="holdfast-history-"))
        plan = Plan(options.seed, options.seconds, options.clients)
        print(f"seed {plan.seed}, {plan.clients} clients for {plan.seconds} s; log in {home}")
        run = record(plan, home, options.database)
    anomalies = run.anomalies()
    print(summary(run, anomalies))
    return 1 if anomalies else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.history", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the log there")
    parser.add_argument("--check", type=Path, metavar="LOG", help="check a log of an earlier run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.mutants`: take one guard after another out of a copy, and see a test turn red."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.guard import ROOT, Guard
from tests.mutants.guards import GUARDS

AT_ONCE = 2
LONGEST = 600
"""Seconds for one test: what hangs without its guard is not told apart from what is fine."""

RED = 1
"""How pytest ends when tests failed; other codes say that it could not even run them."""

PLUGINS = ("-p", "pytest_django.plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider")
"""The others take longer to load than most of these tests to run."""

NOT_COPIED = (".git", ".venv", "data", "__pycache__", ".*_cache")


def main() -> int:
    options = arguments()
    guards = [guard for guard in GUARDS if options.only in guard.name]
    with tempfile.TemporaryDirectory(prefix="holdfast-mutants-") as home:
        Path(home).chmod(0o755)  # a database's own user has to pass
        trees = [copied(Path(home) / str(number)) for number in range(AT_ONCE)]
        if red := red_already(trees[0], guards):
            print(f"Red before anything is taken away:\n{red}")
            return 1
        survivors = judge(trees, guards)
    print(f"{len(guards) - len(survivors)} of {len(guards)} guards caught")
    return 1 if survivors else 0


def judge(trees: Iterable[Path], guards: Collection[Guard]) -> list[Guard]:
    """Each in one of the copies. Prints a line for each; returns those that no test missed."""
    idle: SimpleQueue[Path] = SimpleQueue()
    for tree in trees:
        idle.put(tree)

    def judged(guard: Guard) -> bool:
        tree = idle.get()
        try:
            return is_caught(tree, guard)
        finally:
            idle.put(tree)

    survivors = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        print("guard | taken out of | test | caught")
        for guard, caught in zip(guards, pool.map(judged, guards), strict=True):
            verdict = "yes" if caught else "NO"
            print(f"{guard.name} | {guard.file} | {guard.test} | {verdict}", flush=True)
            survivors += [] if caught else [guard]
    return survivors


def is_caught(tree: Path, guard: Guard) -> bool:
    """Whether the test is red without the guard."""
    path = tree / guard.file
    source = path.read_text()
    path.write_text(guard.mutated(source))
    try:
        return pytest(tree, guard.database, [guard.node], within=LONGEST).returncode == RED
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_text(source)


def red_already(tree: Path, guards: Iterable[Guard]) -> str:
    """What pytest says where tests fail with every guard in its place, else nothing."""
    nodes: dict[str, dict[str, None]] = {}
    for guard in guards:
        nodes.setdefault(guard.database, {})[guard.node] = None
    runs = [pytest(tree, database, sorted(tests)) for database, tests in nodes.items()]
    return "".join(
        f"{run.stdout}{run.stderr}exit code {run.returncode}" for run in runs if run.returncode
    )


def pytest(
    tree: Path, database: str, tests: list[str], *, within: float | None = None
) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        *PLUGINS,
        f"--database={database}",
        *tests,
    ]
    return subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )


def copied(tree: Path) -> Path:
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return tree


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="guards with this in the name")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

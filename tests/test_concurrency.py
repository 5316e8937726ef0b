"""The inventory of threads, pools, queues, locks and conditions is complete, and their sizes fit."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from config import env, limits
from volumes import reconciler
from volumes.reconciler import executors, periodic

ROOT = Path(__file__).parent.parent
PACKAGES = ("accounts", "config", "volumes")
DEVICES = {
    *("Thread", "Timer", "Process", "ThreadPoolExecutor", "ProcessPoolExecutor", "Pool"),
    *("Lock", "RLock", "Condition", "Event", "Semaphore", "BoundedSemaphore", "Barrier"),
    *("Queue", "SimpleQueue", "LifoQueue", "PriorityQueue", "LifoPool", "ConnectionPool"),
    *("FairExecutor", "start_new_thread", "create_task", "to_thread", "run_in_executor"),
}


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def devices(path: Path) -> list[str]:
    """Return the calls of a module that create threads or objects that threads share."""
    tree = ast.parse(path.read_text())
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [getattr(call, "attr", None) or getattr(call, "id", None) for call in calls]
    return [name for name in names if name in DEVICES - own]


def test_every_module_with_threads_or_locks_is_in_the_inventory() -> None:
    used = {str(path.relative_to(ROOT)) for path in modules() if devices(path)}
    listed = set(re.findall(r"[a-z_0-9/]+\.py", str(reconciler.__doc__)))
    assert used == listed


@pytest.mark.parametrize(
    "source",
    [
        "import threading\nlock = threading.Lock()",
        "from threading import Thread\nThread(target=print).start()",
        "from queue import SimpleQueue\nwaiting: SimpleQueue[int] = SimpleQueue()",
        "import asyncio\nasync def work():\n    await asyncio.to_thread(print)",
    ],
)
def test_scan_finds_threads_and_locks(source: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(source)
    assert devices(module)


def connections(monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the maximum of database connections of a process on PostgreSQL."""
    monkeypatch.setenv("DATABASE_URL", "postgres://someone@somewhere/holdfast")
    options: dict[str, Any] = env.database("DATABASE_URL", Path("unused"))["OPTIONS"]
    return int(options["pool"]["max_size"])


def test_a_worker_has_a_connection_for_each_thread_that_may_hold_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick, bulk = executors._INLINE
    heartbeat = 1
    holding = (
        limits.MAX_CONCURRENT_REQUESTS + limits.COMMIT_THREADS + quick.size + bulk.size + heartbeat
    )
    assert holding <= connections(monkeypatch)


def test_reconcile_loop_has_a_connection_for_each_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = heartbeat = 1  # steps ask the database nothing there
    looking = measuring = limits.ROUNDS_THREADS
    holding = loop + heartbeat + len(periodic.JOBS) + looking + measuring
    assert holding <= connections(monkeypatch)


@pytest.mark.parametrize("these", [executors._INLINE, executors.loop_executors()])
def test_a_share_is_smaller_than_its_pool(these: executors.Executors) -> None:
    assert all(one.share < one.size for one in these)

"""What the database allows: the statements of the baseline without rules, sent without a server.

Called by the benchmark with one JSON object, it prints one as `drive.lua` does.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.benchmarks.baselines import statements
from tests.benchmarks.rows import SIZE, volume_id

Values = dict[str, Any]

start: Barrier
"""Nobody begins before all are connected."""

OPERATIONS: dict[str, tuple[str, Callable[[int], Values]]] = {
    "get": (statements.GET, lambda number: {"id": volume_id(number)}),
    "list": (statements.LIST, lambda number: {"after": UUID(int=0), "limit": 100}),
    "create": (
        statements.CREATE,
        lambda number: {
            "name": f"made-{number:07d}",
            "size": SIZE,
            "mount_path": f"/data/made-{number:07d}",
            "description": "",
            "labels": Jsonb({"tier": "database"}),
            "by": "alice",
        },
    ),
    "update": (
        statements.UPDATE,
        lambda number: {
            "id": volume_id(number),
            "description": f"changed {time.monotonic_ns()}",
            "by": "alice",
        },
    ),
    "delete": (statements.DELETE, lambda number: {"id": volume_id(number)}),
}


def client(task: dict[str, Any], place: int) -> list[float]:
    """Seconds that each answer took, until the time is over."""
    statement, values = OPERATIONS[task["operation"]]
    first, last, step = task["first"], task["last"], task["clients"]
    number = first + place
    taken = []
    with psycopg.connect(task["url"], autocommit=True, row_factory=dict_row) as connection:
        start.wait(timeout=60)
        end = time.perf_counter() + task["seconds"]
        while (began := time.perf_counter()) < end:
            chosen = random.randint(first, last) if task["order"] == "any" else number
            connection.execute(statements.TOKEN, {"key": task["token"]}).fetchall()
            wanted = {"environment": task["environment"], **values(chosen)}
            found = connection.execute(statement.encode(), wanted).fetchall()
            assert found, f"no volume of number {chosen}"
            number = number + step if number + step <= last else first + place
            taken.append(time.perf_counter() - began)
    return taken


def process(task: dict[str, Any], places: list[int]) -> list[float]:
    with ThreadPoolExecutor(len(places)) as threads:
        clients = [threads.submit(client, task, place) for place in places]
        return [seconds for one in clients for seconds in one.result()]


def begin(barrier: Barrier) -> None:
    global start
    start = barrier


def measure(task: dict[str, Any]) -> dict[str, float]:
    clients, width = task["clients"], min(task["clients"], os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn")
    with context.Pool(width, begin, (context.Barrier(clients),)) as pool:
        parts = [(task, list(range(clients))[place::width]) for place in range(width)]
        taken = sorted(chain.from_iterable(pool.starmap(process, parts, chunksize=1)))
    return {
        "requests": len(taken),
        "seconds": task["seconds"],
        "p50": taken[len(taken) // 2] * 1000,
        "p99": taken[len(taken) * 99 // 100] * 1000,
        "refused": 0,
        "broken": 0,
    }


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))

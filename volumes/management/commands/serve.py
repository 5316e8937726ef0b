"""The production server."""

from __future__ import annotations

import errno
import multiprocessing
import os
import socket
import time
from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from config.deployment import warn_of_unsafe_settings
from config.env import BadSetting, address
from config.http.static_files import StaticFilesPublisher
from config.limits import (
    KEEP_ALIVE_TIMEOUT,
    MAX_CONNECTIONS,
    MAX_HEADER_BYTES,
    MAX_WAITING_REQUESTS,
)
from config.server import metrics_directories
from config.server.supervisor import Supervisor
from config.server.worker import spawn_worker
from volumes.checks import storage_settings_problem
from volumes.reconciler.loop import run_forever
from volumes.reconciler.marking import mark_older_data
from volumes.storage import ensure_installation, storage

ACCEPT_QUEUE = 4096
"""Connections that the kernel keeps for each worker until it takes them."""
ALLOCATORS = {
    # Of Python: what is large is mapped on its own, and given back with its last reference.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "8388608",
    # Of granian, for heads and bodies. Given back at once, each response would fault its pages in anew;
    # the thread gives back what an idle server keeps.
    "_RJEM_MALLOC_CONF": "narenas:1,background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:0",
}
"""Environment of the workers, unless it is set. Left alone, both keep what an attack made them take."""
SECONDS_TO_LET_GO = 2.0
"""How long a server that was killed a moment ago may still hold the port."""


class Command(BaseCommand):
    help = "Serve the API and the pages, and settle what is unsettled in the background."
    # They load all that only workers need, and say nothing that `check` did not say of the same code.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
        parser.add_argument(
            "--workers", type=int, default=None, help="default: one a core, at most 4"
        )

    def handle(self, *, bind: str, workers: int | None, **options: Any) -> None:
        try:
            host, port = address("--bind", bind)
        except BadSetting as error:
            raise CommandError(str(error), returncode=2) from None
        if workers is not None and not 1 <= workers <= 64:
            raise CommandError("--workers must be between 1 and 64", returncode=2)
        if problem := storage_settings_problem():
            raise CommandError(problem)
        migrations = MigrationExecutor(connection)
        if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date. Run: manage.py migrate")
        wait_for(host, port)
        warn_of_unsafe_settings(host)
        ensure_installation()
        shared = storage().shared
        if shared:
            mark_older_data()
        connection.close()
        with metrics_directories.shared_directory() as directory:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
            run(host, port, (workers or min(4, os.cpu_count() or 1)) if shared else 1, sweep=shared)


def wait_for(host: str, port: int) -> None:
    """Refuse an address that cannot be had. The workers share theirs, even with another server."""
    deadline = time.monotonic() + SECONDS_TO_LET_GO
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while True:
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise CommandError(f"{host}:{port}: {error.strerror}") from None
            time.sleep(0.1)


def run(host: str, port: int, workers: int, *, sweep: bool) -> None:
    """Serve until SIGTERM or SIGINT. `sweep` is off for a backend that only its worker can see."""
    # Workers start afresh: a fork would inherit this process's threads and connections half.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ["HOLDFAST_SERVER_PID"] = str(os.getpid())
    os.environ["HOLDFAST_SERVER_PORT"] = str(port)
    os.environ.update({**ALLOCATORS, **os.environ})
    stop = Event()
    sweeper = Thread(target=run_forever, args=(stop,), name="sweeper")
    static_files = StaticFilesPublisher(settings.DATA_DIR / "static")
    if sweep:
        sweeper.start()
    try:
        Supervisor(
            "config.server.app:application",
            before_spawn=(lambda: None) if settings.DEBUG else static_files.publish,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            http=HTTPModes.http1,
            blocking_threads=MAX_WAITING_REQUESTS,
            backlog=ACCEPT_QUEUE,
            backpressure=MAX_CONNECTIONS,
            # Granian counts the pause between two requests as part of the headers' time.
            http1_settings=HTTP1Settings(
                header_read_timeout=int(KEEP_ALIVE_TIMEOUT * 1000),
                max_buffer_size=MAX_HEADER_BYTES,
            ),
            log_dictconfig=settings.LOGGING,
            # Its warnings are about the number of threads, which is chosen with care.
            log_level=LogLevels.error,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=5,
        ).serve(spawn_worker)
    finally:
        stop.set()
        static_files.close()
        if sweep:
            sweeper.join()

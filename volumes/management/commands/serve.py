"""Run the production server."""

from __future__ import annotations

import errno
import multiprocessing
import os
import socket
import time
from argparse import ArgumentParser
from functools import partial
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from config import settings_file
from config.commands import CheckedCommand
from config.db.usage import announce_server
from config.deployment import warn_of_unsafe_settings
from config.env import address
from config.http.static_files import StaticFilesPublisher
from config.limits import (
    KEEP_ALIVE_TIMEOUT,
    MAX_CONNECTIONS,
    MAX_HEADER_BYTES,
    MAX_WAITING_REQUESTS,
)
from config.server import metrics_directories
from config.server.supervisor import Supervisor
from config.server.worker import load_application, spawn_worker
from config.setting_sources import BadSetting
from volumes.management.installation import begin_installation
from volumes.reconciler.loop import run_forever
from volumes.reconciler.marking import mark_older_data
from volumes.reconciler.storage_facts import refresh_storage_facts
from volumes.services.policy import record_policy
from volumes.storage import storage

ACCEPT_QUEUE = 4096
"""Connections that the kernel queues for each worker."""
ALLOCATORS = {
    # Python: large blocks are mapped separately and returned to the system when they are freed.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "8388608",
    # Granian, for heads and bodies. If freed memory were returned at once, each response would fault
    # its pages in again. The background thread returns the memory of an idle server.
    "_RJEM_MALLOC_CONF": "narenas:1,background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:0",
}
"""Environment of the workers, unless already set. By default, both allocators never return the memory
that an attack made them take."""
PORT_RELEASE_TIMEOUT = 2.0
"""Seconds that a killed server may still occupy the port."""


class Command(CheckedCommand):
    help = "Serve the API and the pages, and settle what is unsettled in the background."
    # Checks load code that only workers need, and repeat the result of `check`.
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
        wait_for(host, port)
        warn_of_unsafe_settings(host)
        begin_installation()
        record_policy()
        refresh_storage_facts()
        shared = storage().shared
        if shared:
            mark_older_data()
        connection.close()
        with announce_server(), metrics_directories.shared_directory() as directory:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
            run(
                host,
                port,
                (workers or min(4, os.cpu_count() or 1)) if shared else 1,
                with_loop=shared,
            )


def wait_for(host: str, port: int) -> None:
    """Wait for the address. Raise CommandError if it is in use after PORT_RELEASE_TIMEOUT.

    Workers would share the port even with another server.
    """
    deadline = time.monotonic() + PORT_RELEASE_TIMEOUT
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


def run(host: str, port: int, workers: int, *, with_loop: bool) -> None:
    """Serve until SIGTERM or SIGINT.

    `with_loop` starts the reconcile loop. It is False for a backend in the memory of its worker.
    """
    # Spawn, because a fork would inherit broken threads and connections of this process.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ["HOLDFAST_SERVER_PID"] = str(os.getpid())
    os.environ["HOLDFAST_SERVER_PORT"] = str(port)
    os.environ.update({**ALLOCATORS, **os.environ})
    stop = Event()
    reconciler = Thread(target=run_forever, args=(stop,), name="reconciler")
    static_files = StaticFilesPublisher(settings.DATA_DIR / "static")
    if with_loop:
        reconciler.start()
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
            # Granian includes the pause between two requests in the headers' timeout.
            http1_settings=HTTP1Settings(
                header_read_timeout=int(KEEP_ALIVE_TIMEOUT * 1000),
                max_buffer_size=MAX_HEADER_BYTES,
            ),
            log_dictconfig=settings.LOGGING,
            # Its warnings are about the number of threads, which is intended.
            log_level=LogLevels.error,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=5,
        ).serve(spawn_worker, partial(load_application, settings_file.current()))
    finally:
        stop.set()
        static_files.close()
        if with_loop:
            reconciler.join()

"""The process that granian starts for each worker.

Granian's ASGI interface tells which connection a request came from and needs no thread that waits for a
client; its WSGI interface does neither. An event loop would cost each request two thread switches. So a
request runs in the thread of granian that receives it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from granian._granian import ASGIWorker, CallbackScheduler, WorkerSignal
from granian._internal import load_target
from granian.server.common import WORKERS_METHODS
from granian.server.mp import WorkerProcess

from config import settings_file
from config.server.granian_types import InlineLoop, Watcher
from config.server.shutdown import on_signal
from config.settings_file import SettingsFile


def load_application(settings: SettingsFile, target: str) -> Any:
    """Return the application, with the settings of the file as they were when the server started.

    They come by the pipe of the new process, so that no environment shows them.
    """
    settings_file.use(settings)
    return load_target(target)


@WorkerProcess.wrap_target  # type: ignore[untyped-decorator]
def spawn_worker(
    worker_id: int,
    begin: Callable[[Watcher], None],
    sock: Any,
    ipc: Any,
    loop: Any,
    runtime_mode: Any,
    runtime_threads: int,
    runtime_blocking_threads: int,
    blocking_threads: int,
    blocking_threads_idle_timeout: int,
    backpressure: int,
    task_impl: Any,
    http_mode: Any,
    http1_settings: Any,
    http2_settings: Any,
    websockets: bool,
    static_path: Any,
    log_access_fmt: str | None,
    ssl_context: Any,
    scope_options: dict[str, Any],
    metrics: Any,
    listening: Connection | None = None,
) -> None:
    """Serve until a signal; `begin` is called for each request.

    The signature is granian's, except `listening`, which is closed once the worker accepts connections.
    """
    inline: Any = InlineLoop()
    create_scheduler: Any = CallbackScheduler
    scheduler = create_scheduler(inline, begin, None, None, None)
    scheduler._schedule_fn = begin
    stop: Any = WorkerSignal()
    stopped = threading.Event()
    stop.add_cb(stopped.set)
    on_signal(int(os.environ["HOLDFAST_SERVER_PORT"]), stop.set)
    create_worker: Any = ASGIWorker
    worker = create_worker(
        worker_id,
        sock,
        ipc,
        runtime_threads,
        runtime_blocking_threads,
        blocking_threads,
        blocking_threads_idle_timeout,
        backpressure,
        http_mode,
        http1_settings,
        http2_settings,
        websockets,
        static_path,
        *ssl_context,
        metrics,
    )
    serve = getattr(worker, WORKERS_METHODS[runtime_mode][(sock[0] or sock[1]).is_uds()])
    serve(scheduler, inline, stop)
    if listening is not None:
        listening.close()
    stopped.wait()

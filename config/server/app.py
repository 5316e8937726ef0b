"""What each worker of `manage.py serve` runs."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def exit_with_parent(parent: int) -> None:
    """Make the kernel kill this worker when the server that started it ends.

    A killed server cannot stop its workers. Orphaned workers would keep its port, and answer requests
    beside those of the next server.
    """
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return  # not Linux: an orphan may keep the port
    if os.getppid() != parent:  # the server died before prctl was called
        os.kill(os.getpid(), signal.SIGKILL)


if os.environ.get("HOLDFAST_SERVER_PID", "").isdigit():
    exit_with_parent(int(os.environ["HOLDFAST_SERVER_PID"]))

# Only now, because loading Django takes a second, in which the worker already holds the port.
from config.wsgi import application as django  # noqa: E402  isort: skip  (it sets Django up)
from config.server.site import begin  # noqa: E402

application = begin(django)

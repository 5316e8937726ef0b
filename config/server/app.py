"""What each worker of `manage.py serve` runs."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def exit_with_parent(parent: int) -> None:
    """End this worker with the server that started it.

    A server that is killed outright cannot stop its workers; orphans would keep its port and go on
    answering beside the next one.
    """
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return  # not Linux: the port may stay taken for as long as the orphan lives
    if os.getppid() != parent:  # it died before the request was made
        os.kill(os.getpid(), signal.SIGKILL)


if os.environ.get("HOLDFAST_SERVER_PID", "").isdigit():
    exit_with_parent(int(os.environ["HOLDFAST_SERVER_PID"]))

# Only now: Django takes a second to load, in which the worker holds the port already.
from config.wsgi import application as django  # noqa: E402  isort: skip  (it sets Django up)
from config.server.site import begin  # noqa: E402

application = begin(django)

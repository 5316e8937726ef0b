"""The file that PLANTED names selects the seeded bug, before each request and each pass."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

from django.http import HttpRequest, HttpResponse

from tests.seeded_bugs.faults import FAULTS

Handler = Callable[[HttpRequest], HttpResponse]


class Switch:
    """The seeded bug that is active in this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.fault = ""
        self._active = ExitStack()

    def turn(self, fault: str) -> None:
        """Mend what is broken, and break something else, or nothing."""
        with self.lock:
            if fault == self.fault:
                return
            self._active.close()
            for replacement in FAULTS[fault]() if fault else ():
                self._active.enter_context(replacement)
            self.fault = fault


switch = Switch()


def look() -> None:
    switch.turn(Path(os.environ["PLANTED"]).read_text())


def middleware(get_response: Handler) -> Handler:
    def looking(request: HttpRequest) -> HttpResponse:
        look()
        return get_response(request)

    return looking

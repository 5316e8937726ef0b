"""Installs the switch in every process of an installation under test."""

import os
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.apps import AppConfig

from config import faultpoints, limits
from tests.faults.switch import pull


class Faults(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        if age := os.environ.get("MIN_LEFTOVER_AGE"):
            limits.MIN_LEFTOVER_AGE = timedelta(seconds=float(age))
        faultpoints.hook = partial(pull, Path(os.environ["FAULT"]))

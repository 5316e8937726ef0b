"""The product's settings on a machine whose clock is wrong by the seconds that a file says, as it says.

Only tests name this module (DJANGO_SETTINGS_MODULE); the product knows nothing of it. Monotonic clocks,
by which waits are measured, go right on such a machine too.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone

from config.settings import *  # noqa: F403

right_time = time.time


def wrong_time() -> float:
    return right_time() + float(Path(os.environ["CLOCK_OFF_BY"]).read_text())


def wrong_now() -> datetime:
    return datetime.fromtimestamp(wrong_time(), UTC)


time.time = wrong_time
timezone.now = wrong_now

"""The product's settings on a machine whose clock is wrong by the seconds that a file says, as it says.

Only tests name this module (DJANGO_SETTINGS_MODULE); the product knows nothing of it. Monotonic clocks,
by which waits are measured, go right on such a machine too.
"""

import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import uuid_utils.compat
from django.utils import timezone

from config.settings import *  # noqa: F403

right_time = time.time
uuid7_of = uuid_utils.compat.uuid7


def wrong_time() -> float:
    return right_time() + float(Path(os.environ["CLOCK_OFF_BY"]).read_text())


def wrong_now() -> datetime:
    return datetime.fromtimestamp(wrong_time(), UTC)


def wrong_uuid7() -> uuid.UUID:
    return uuid7_of(nanoseconds=int(wrong_time() * 10**9))


time.time = wrong_time
uuid_utils.compat.uuid7 = wrong_uuid7  # type: ignore[assignment]
timezone.now = wrong_now

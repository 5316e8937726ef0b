"""Logging: one JSON object a line (plain text if DEBUG), with the request id, without secrets.

Messages are stable event names in snake_case; what happened to whom is in the fields.
"""

import logging
import re
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import orjson

from config import limits

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

SECRET = re.compile(r'hfst_[0-9A-Za-z]+|(?i:bearer)\s+[^\s"\\]+')


PLAIN_FIELDS = ("method", "status", "path", "ip", "row", "cause", "hint")
"""Fields that plain lines show after the message."""
NO_FIELDS = {
    *vars(logging.makeLogRecord({})),
    "request_id",
    "request",  # Django adds it: its text contains the query
}
"""Attributes of records that are no fields of their own."""
MAX_BYTES_PER_CHARACTER = 6
"""The bytes that JSON needs for a character at most: a control character is \\u0001."""
MAX_UNCHECKED = limits.MAX_LOG_FIELD_BYTES // MAX_BYTES_PER_CHARACTER
"""Characters that fit into a field whatever they are. Most values have less."""


class WithRequestId(logging.Filter):
    """Adds the id of the current request to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class RefusalsWithoutTraceback(logging.Filter):
    """Logs requests that Django refuses for security as one WARNING line without a traceback.

    Strangers cause these at will; they are no bugs.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


def shorten(text: str, maximum: int) -> str:
    """Cut a text to `maximum` bytes in JSON. Append … if something was cut."""
    if len(text) * MAX_BYTES_PER_CHARACTER <= maximum:
        return text
    head = text[:maximum].encode("utf-8", "replace").decode()
    while (excess := len(orjson.dumps(head)) - len('""') - maximum) > 0:
        head = head[: len(head) - max(excess // MAX_BYTES_PER_CHARACTER, 1)]
    return head if len(head) == len(text) else f"{head}…"


def shorten_traceback(text: str) -> str:
    """Cut the middle out of a long traceback. Its end, the exception, matters most."""
    maximum = limits.MAX_LOG_TRACEBACK_LENGTH
    half = maximum // 2
    return text if len(text) <= maximum else f"{text[:half]}\n…\n{text[-half:]}"


class JsonLines(logging.Formatter):
    """Formats records as one JSON object a line. Replaces tokens everywhere, tracebacks included.

    Every field has a maximum length, because some contain input of callers.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = orjson.dumps(self._fields(record), default=str, option=orjson.OPT_NON_STR_KEYS)
        return SECRET.sub("[secret]", line.decode())

    def formatException(self, ei: Any) -> str:
        return shorten_traceback(str(super().formatException(ei)))

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        values = record.__dict__
        fields = {
            "at": _formatted_time(int(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "requestId": values.get("request_id", ""),
        }
        fields |= {name: value for name, value in values.items() if name not in NO_FIELDS}
        for name, value in fields.items():
            text = value if value.__class__ is str else str(value)
            if len(text) > MAX_UNCHECKED:
                fields[name] = shorten(text, limits.MAX_LOG_FIELD_BYTES)
        # These have a maximum of their own.
        if record.exc_info:
            fields["exc_info"] = self.formatException(record.exc_info)
        if record.stack_info:
            fields["stack_info"] = shorten_traceback(record.stack_info)
        return fields


@lru_cache(maxsize=2)
def _formatted_time(second: int) -> str:
    """Return the time of a line. Cached, because many lines are of the same second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(second))


class PlainLines(logging.Formatter):
    """Formats records as text for development: the message and the most useful fields."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        fields = [getattr(record, name, None) for name in PLAIN_FIELDS]
        parts = [super().formatMessage(record), *(str(value) for value in fields if value)]
        return shorten(" ".join(parts), limits.MAX_LOG_FIELD_BYTES)

    def formatException(self, ei: Any) -> str:
        return shorten_traceback(str(super().formatException(ei)))


# No line contains these values, so logging need not collect them (Logging HOWTO, "Optimization").
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging.logAsyncioTasks = False  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on


def logging_config(*, debug: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": WithRequestId},
            "refusals": {"()": RefusalsWithoutTraceback},
        },
        "formatters": {
            "json": {"()": JsonLines},
            "plain": {"()": PlainLines, "format": "%(levelname)s %(name)s %(message)s"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["request_id", "refusals"],
                "formatter": "plain" if debug else "json",
            },
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Its lines repeat the access log, and contain the query.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "WARNING"},
            "django": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }

"""Logging: one JSON object a line (plain text if DEBUG), with the request id, without secrets.

Messages are stable event names in snake_case; what happened to whom is in the fields.
"""

import logging
import re
from contextvars import ContextVar
from typing import Any

import orjson
from pythonjsonlogger.orjson import OrjsonFormatter

from config import limits

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

SECRET = re.compile(r'hfst_[0-9A-Za-z]+|(?i:bearer)\s+[^\s"\\]+')


PLAIN_FIELDS = ("method", "status", "path", "ip", "row", "cause", "hint")
"""Fields that plain lines show after the message."""
TRACEBACKS = {"exc_info", "stack_info"}
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


class JsonLines(OrjsonFormatter):
    """Formats records as one JSON object a line. Replaces tokens everywhere, tracebacks included.

    Every field has a maximum length, because some contain input of callers.
    """

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        log_data.pop("request", None)  # Django adds it: its text contains the query
        for name, value in log_data.items():
            text = value if value.__class__ is str else str(value)
            # Tracebacks were shortened when they were formatted.
            if len(text) > MAX_UNCHECKED and name not in TRACEBACKS:
                log_data[name] = shorten(text, limits.MAX_LOG_FIELD_BYTES)
        return log_data

    def formatException(self, ei: Any) -> str:
        return shorten_traceback(str(super().formatException(ei)))

    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub("[secret]", super().format(record))


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
            "json": {
                "()": JsonLines,
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
                "rename_fields": {
                    "asctime": "at",
                    "levelname": "level",
                    "name": "logger",
                    "request_id": "requestId",
                },
            },
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

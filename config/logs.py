"""Logs: one JSON object a line outside DEBUG, with the request id, never with a secret."""

import logging
import re
from contextvars import ContextVar
from typing import Any

import orjson
from pythonjsonlogger.orjson import OrjsonFormatter

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

SECRET = re.compile(r'hfst_[0-9A-Za-z]+|(?i:bearer)\s+[^\s"\\]+')


MAX_FIELD = 1000
"""Bytes of one field of a line."""
MAX_TRACEBACK = 8000
"""Characters: frames, and the end of a message that may repeat what somebody sent."""
TRACEBACKS = {"exc_info", "stack_info"}
LONGEST_ESCAPE = 6
"""Bytes that JSON takes for a character at most: a control character is \\u0001."""


class WithRequestId(logging.Filter):
    """Gives each record the id of the request that it was written in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class RefusalsWithoutTraceback(logging.Filter):
    """Makes one WARNING line of what Django refuses for safety: strangers cause these, no bugs do."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


def shorten(text: str, most: int) -> str:
    """Return the beginning of a text, at most `most` bytes as JSON writes it, and … if it was cut."""
    if len(text) * LONGEST_ESCAPE <= most:
        return text
    kept = text[:most].encode("utf-8", "replace").decode()
    while (excess := len(orjson.dumps(kept)) - len('""') - most) > 0:
        kept = kept[: len(kept) - max(excess // LONGEST_ESCAPE, 1)]
    return kept if len(kept) == len(text) else f"{kept}…"


def shorten_traceback(text: str) -> str:
    """Return its beginning and its end, which says what happened."""
    half = MAX_TRACEBACK // 2
    return text if len(text) <= MAX_TRACEBACK else f"{text[:half]}\n…\n{text[-half:]}"


class JsonLines(OrjsonFormatter):
    """One object a line, with tokens blotted out wherever they turn up, tracebacks included.

    Every field is bounded: what callers send gets into some of them.
    """

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        log_data.pop("request", None)  # Django's own lines have it: an object, with its query
        for name, value in log_data.items():
            if name in TRACEBACKS:
                continue  # bounded as they were formatted
            if value.__class__ is str:
                log_data[name] = shorten(value, MAX_FIELD)
            elif value is not None and len(text := str(value)) * LONGEST_ESCAPE > MAX_FIELD:
                log_data[name] = shorten(text, MAX_FIELD)
        return log_data

    def formatException(self, ei: Any) -> str:
        return shorten_traceback(str(super().formatException(ei)))

    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub("[secret]", super().format(record))


class PlainLines(logging.Formatter):
    """Text for people who develop: the message, and what an access line is about."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        about = [getattr(record, name, None) for name in ("path", "ip")]
        parts = [super().formatMessage(record), *(str(one) for one in about if one)]
        return shorten(" ".join(parts), MAX_FIELD)

    def formatException(self, ei: Any) -> str:
        return shorten_traceback(str(super().formatException(ei)))


# What no line says need not be found out for each (logging's HOWTO, "Optimization").
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
            # Its lines repeat what the access log says, with the query in it.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "WARNING"},
            "django": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }

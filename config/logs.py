"""Logs: one JSON object a line outside DEBUG, with the request id, never with a secret."""

import logging
import re
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.orjson import OrjsonFormatter

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

SECRET = re.compile(r'hfst_[0-9A-Za-z]+|(?i:bearer)\s+[^\s"\\]+')


class WithRequestId(logging.Filter):
    """Gives each record the id of the request that it was written in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class JsonLines(OrjsonFormatter):
    """One object a line, with tokens blotted out wherever they turn up, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub("[secret]", super().format(record))


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
            "plain": {"format": "%(levelname)s %(name)s %(message)s"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["request_id"],
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

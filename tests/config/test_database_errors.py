"""Which database errors are a 503, and which are a bug (500)."""

import sqlite3

import psycopg.errors
import pytest
from django.db import DataError, InterfaceError, OperationalError, connection

from config.database_errors import is_database_unavailable
from tests.support.browser import Browser

TOO_WIDE = f"SELECT {', '.join(['1'] * 3000)}"
"""More columns than either database can return."""


@pytest.fixture
def broken(monkeypatch):
    """Make lists of volumes send a statement that the database refuses."""

    def ask(*_, **__):
        with connection.cursor() as cursor:
            cursor.execute(TOO_WIDE)

    monkeypatch.setattr("volumes.api.views.volumes.filter_volumes", ask)
    monkeypatch.setattr("volumes.console.views.environments.Listing", ask)


@pytest.mark.usefixtures("broken")
def test_a_statement_that_the_engine_refuses_is_a_bug(api, alice, environment):
    answer = api(alice).get(f"/{environment.pk}/volume?name=x")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")


@pytest.mark.usefixtures("broken")
def test_refused_statement_is_a_bug_on_a_page_too(alice, environment):
    assert Browser(alice).get(f"/env/{environment.pk}").status_code == 500


@pytest.mark.django_db
def test_refused_statement_is_not_taken_for_an_unavailable_database():
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute(TOO_WIDE)
    assert not is_database_unavailable(caught.value)


def wrapped(cause, kind=OperationalError):
    error = kind(str(cause))
    error.__cause__ = cause
    return error


def of_sqlite(code, said="said by SQLite"):
    cause = sqlite3.OperationalError(said)
    cause.sqlite_errorcode = code
    return cause


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("connection already closed"),
        OperationalError("the server closed the connection"),
        wrapped(of_sqlite(sqlite3.SQLITE_BUSY)),
        wrapped(of_sqlite(sqlite3.SQLITE_FULL)),
        wrapped(of_sqlite(sqlite3.SQLITE_IOERR_WRITE)),
        wrapped(of_sqlite(sqlite3.SQLITE_CANTOPEN)),
        wrapped(of_sqlite(sqlite3.SQLITE_ERROR, "no such table: volumes_volume")),
        wrapped(psycopg.errors.AdminShutdown("terminating connection")),
        wrapped(psycopg.errors.QueryCanceled("statement timeout")),
        wrapped(psycopg.errors.LockNotAvailable("lock timeout")),
        wrapped(psycopg.errors.DeadlockDetected("deadlock detected")),
        wrapped(psycopg.errors.TooManyConnections("too many clients")),
        wrapped(psycopg.errors.DiskFull("no space left on device")),
        wrapped(psycopg.OperationalError("could not connect")),
    ],
)
def test_lost_connections_locks_and_timeouts_are_503(error):
    assert is_database_unavailable(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        ValueError("x"),
        wrapped(of_sqlite(sqlite3.SQLITE_ERROR)),
        wrapped(psycopg.errors.StatementTooComplex("stack depth limit exceeded")),
        wrapped(psycopg.errors.ProgramLimitExceeded("row is too big")),
        wrapped(psycopg.errors.StringDataRightTruncation("too long"), DataError),
    ],
)
def test_errors_in_a_statement_are_bugs(error):
    assert not is_database_unavailable(error)

"""Connections that are kept."""

import pytest
from django.db import connections

from config.db.postgresql.base import DatabaseWrapper


@pytest.mark.django_db
def test_the_connection_that_was_used_last_is_used_next() -> None:
    connection = connections["default"]
    assert isinstance(connection, DatabaseWrapper)
    pool = connection.pool
    assert pool is not None
    held = [pool.getconn() for _ in range(3)]
    for one in held:
        pool.putconn(one)
    again = [pool.getconn() for _ in range(3)]
    for one in again:
        pool.putconn(one)
    assert again == held[::-1]

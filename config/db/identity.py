"""Tells databases apart, even one and its copy."""

from __future__ import annotations

import os

from django.db import connection

QUERY = """
SELECT current_database(), oid, (SELECT system_identifier FROM pg_control_system())
FROM pg_database WHERE datname = current_database()
"""


def database_identity() -> str:
    """Return the path of a SQLite database, or what identifies a PostgreSQL database for good.

    Raises `django.db.Error`.
    """
    if connection.vendor == "sqlite":
        return os.path.realpath(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        name, oid, cluster = cursor.fetchone()
    return f"{name} (OID {oid} in cluster {cluster})"

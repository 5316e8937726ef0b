"""SQLite, of which it is known that it reads and writes JSON.

Django asks each connection, in a transaction that waits for whoever is writing, and takes "locked" for
"no" from then on: one thread would answer 500 for as long as it lives.
"""

from __future__ import annotations

from django.db.backends.sqlite3 import base, features


class Features(features.DatabaseFeatures):
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = Features

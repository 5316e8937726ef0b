"""Django's SQLite engine, which assumes support of JSON instead of testing for it.

Django tests each connection in a transaction, which can fail because another process is writing. It then
caches the failure as missing support, so that the thread would answer 500 for the rest of its life.
"""

from __future__ import annotations

from django.db.backends.sqlite3 import base, features


class Features(features.DatabaseFeatures):
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = Features

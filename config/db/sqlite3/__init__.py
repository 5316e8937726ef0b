"""Django's SQLite engine that is not asked what it can. See base.py."""

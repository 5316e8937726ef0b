"""Django's PostgreSQL engine with cheaper connections. See base.py."""

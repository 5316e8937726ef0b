"""Django's PostgreSQL engine with cheaper checks of pooled connections. See base.py."""

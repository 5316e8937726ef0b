"""The worker process of `manage.py serve`: connections, request bodies and responses."""

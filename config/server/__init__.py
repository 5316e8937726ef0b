"""The worker process of `manage.py serve`: connections, bodies, and how responses leave."""

"""Running downloads, stored in the database so that every process sees them."""

from django.conf import settings
from django.db import models


class Export(models.Model):
    """A running download. The row exists while it runs, so a person has at most one.

    If its process dies, its lease expires.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.UUIDField()
    """Identifies the download, so that one that lost its lease does not end its successor."""
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"of {self.user_id}"

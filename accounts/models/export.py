"""Downloads that are under way, in the database so that every process sees them."""

from django.conf import settings
from django.db import models


class Export(models.Model):
    """The download of one person. Its row is there while it runs, so a person has at most one.

    The lease of a download whose process died runs out.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.UUIDField()
    """Which download it is: one that lost its lease must not end its successor."""
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"of {self.user_id}"

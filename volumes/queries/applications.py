"""Applications with their attachments."""

from __future__ import annotations

from django.db.models import Prefetch

from volumes.models import Attachment
from volumes.models.environment import ApplicationQuerySet


def with_attachments(applications: ApplicationQuerySet) -> ApplicationQuerySet:
    """Fetch the attachments of these applications by one query, oldest first."""
    return applications.prefetch_related(
        Prefetch("attachments", queryset=Attachment.objects.order_by("id"))
    )

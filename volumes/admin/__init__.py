"""The admin of volumes and related rows: one module for each kind of row, registered on import."""

from volumes.admin import (
    applications,
    attachments,
    companies,
    environments,
    invitations,
    revisions,
    snapshots,
    tokens,
    volumes,
)

__all__ = [
    "applications",
    "attachments",
    "companies",
    "environments",
    "invitations",
    "revisions",
    "snapshots",
    "tokens",
    "volumes",
]

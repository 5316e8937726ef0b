"""What an operator does with STORAGE_ROOT, which no backup of the database contains."""

from __future__ import annotations

import shlex

from django.conf import settings

RSYNC = "rsync -aHAXS --numeric-ids --exclude=/.tmp/ --exclude=/.trash/"
"""Keeps hard links, ACLs, extended attributes, sparse files and owners. The excluded directories hold
what is being made or removed."""


def after_backup() -> str:
    """Return how to copy the data of the volumes, with the reason for the order."""
    root = shlex.quote(f"{settings.STORAGE_ROOT}/")
    return (
        "The data of the volumes is not in it. Copy it now, after the database (as root, unless all"
        f" files belong to one user):\n    {RSYNC} {root} DESTINATION/\n"
        "In this order the copy has the data of every volume in the backup, except of those that are"
        " deleted in between: a VOLUME_DELETE_GRACE longer than the copy takes keeps that too."
    )


def after_restore(*, needs_migrate: bool) -> str:
    """Return the steps that remain."""
    root = shlex.quote(f"{settings.STORAGE_ROOT}/")
    steps = [
        f"Copy the data of the volumes back, before the server starts:\n    {RSYNC} SOURCE/ {root}",
        *(["The backup is of an older version: run `manage.py migrate`."] if needs_migrate else []),
        "Run `manage.py reconcile`, which finishes what was in progress.",
        "Run `manage.py verify`. If it finds data that no row knows, which is newer than the backup,"
        " see `manage.py remove_orphaned_data --dry-run`.",
    ]
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))

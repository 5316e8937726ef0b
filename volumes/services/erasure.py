"""Erase a person: their names and addresses, wherever the database has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.callers import Actor
from accounts.models import Revision, Subject, User
from accounts.pseudonyms import FREE_TEXT, Pseudonymizer
from accounts.services import erasure as accounts
from config import limits
from config.pacing import paced
from config.pagination import iterate_in_batches
from volumes.models import HistoryBaseline, Volume
from volumes.specs.volume import STORED_FIELDS

COLUMNS = {field.name: field.column for field in STORED_FIELDS if field.name in FREE_TEXT}
"""The columns that tenants write freely, by their names in the history."""


def count_traces(person: User) -> Counter[str]:
    """Return how many rows of each kind `erase_person` would change or remove."""
    names = Pseudonymizer(person)
    counted: Counter[str] = Counter()
    if names.names:
        counted["account"] = 1
        counted |= {kind: rows.count() for kind, rows in accounts.traces(names).items()}
        counted["tokens"] += sum(1 for _ in accounts.tokens_to_erase(names))
        counted["volumes"] = sum(1 for _ in _volumes_to_erase(names))
        counted["history"] = sum(len(batch) for batch in accounts.history_to_erase(names))
    return +counted


def erase_person(*, person: User, actor: Actor) -> str:
    """Replace the person's names and addresses everywhere. Return the pseudonym.

    The account gets it last, so an erasure that was interrupted is continued by the same username.
    Raises Refused for the last superuser.
    """
    accounts.forget_access(person=person, actor=actor)
    names = Pseudonymizer(person)
    for volume_id in paced(_volumes_to_erase(names)):
        _erase_in_volume(volume_id, names)
    for batch in paced(accounts.history_to_erase(names)):
        volumes = {entry.subject_id for entry in batch if entry.subject == Subject.VOLUME}
        for volume_id in volumes:
            _erase_in_volume(volume_id, names)
        accounts.save_entries(entry for entry in batch if entry.subject != Subject.VOLUME)
    accounts.erase_account(names=names, actor=actor)
    return names.pseudonym


def _volumes_to_erase(names: Pseudonymizer) -> Iterator[str]:
    """Yield the ids of volumes whose row or baseline names the person."""
    volumes = iterate_in_batches(Volume.objects.all(), limits.RETENTION_BATCH_ROWS)
    named = (str(row.pk) for row in chain.from_iterable(volumes) if _changed_columns(row, names))
    baselines = iterate_in_batches(HistoryBaseline.objects.all(), limits.RETENTION_BATCH_ROWS)
    pruned = (
        str(row.pk)
        for row in chain.from_iterable(baselines)
        if names.replace_fields(row.state) != row.state
    )
    return chain(named, pruned)


@transaction.atomic
def _erase_in_volume(volume_id: str, names: Pseudonymizer) -> None:
    """Replace the person in a volume, its baseline and its history together: they must agree."""
    HistoryBaseline.lock()
    volume = Volume.objects.select_for_update(no_key=True).filter(pk=UUID(volume_id)).first()
    if volume and (changed := _changed_columns(volume, names)):
        Volume.objects.filter(pk=volume.pk).update(**changed)
    baseline = HistoryBaseline.objects.filter(pk=UUID(volume_id)).first()
    if baseline:
        baseline.state = names.replace_fields(baseline.state)
        baseline.save(update_fields=["state"])
    history = Revision.objects.about(Subject.VOLUME, volume_id)
    for batch in iterate_in_batches(history, limits.RETENTION_BATCH_ROWS):
        accounts.save_entries(entry for entry in batch if names.erase_in(entry))


def _changed_columns(volume: Volume, names: Pseudonymizer) -> dict[str, Any]:
    present = {name: getattr(volume, column) for name, column in COLUMNS.items()}
    replaced = names.replace_fields(present)
    return {COLUMNS[name]: one for name, one in replaced.items() if one != present[name]}

"""What holds even if everything before it failed: the write itself, and the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import Company, Membership, Revision
from tests.support.api import codes
from volumes.models import Application, Attachment, Environment, Volume
from volumes.services import locking
from volumes.services import volumes as services

MORE = F("version") + 1


def test_a_write_that_slips_past_the_locks_is_a_conflict(alices, here, row, monkeypatch):
    def overtaken(volume: Volume, by: str) -> int:
        Volume.objects.filter(pk=volume.pk).update(version=MORE, description="from elsewhere")
        return locking.bump_version(volume, by)

    monkeypatch.setattr(services, "bump_version", overtaken)
    response = alices.put(here, {"description": "mine"})
    assert (response.status_code, codes(response)) == (409, {("version", "stale_version")})
    row.refresh_from_db()
    assert row.description == ""


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (Volume, {"size": 0}),
        (Volume, {"status": "odd"}),
        (Volume, {"status": "deleted"}),
        (Environment, {"storage_quota": -1}),
        (Environment, {"storage_used": -1}),
        (Company, {"storage_quota": -1}),
        (Company, {"storage_used": -1}),
        (Membership, {"role": "owner"}),
    ],
)
def test_the_database_refuses_invalid_rows(attached, model: Any, wrong: dict[str, Any]):
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**wrong)


@pytest.mark.parametrize("model", [Volume, Environment, Application, Attachment, Membership])
def test_the_database_refuses_duplicates(attached, model: Any):
    present = model.objects.first()
    present.pk = None if model is Membership else model._meta.pk.get_default()
    with pytest.raises(IntegrityError), transaction.atomic():
        present.save(force_insert=True)


def test_the_database_refuses_two_changes_with_one_version(volume):
    entry = Revision.objects.get(version=1)
    entry.pk = Revision._meta.pk.get_default()
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)

"""Check that usage is counted right and stays within the quotas."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.db.models import F, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Company, Revision, Subject
from volumes.models import Environment, Volume, VolumeStatus
from volumes.verification.invariants import Invariant, Violation


def violations() -> Iterator[Violation]:
    yield from _miscounted()
    yield from _exceeded()


def _miscounted() -> Iterator[Violation]:
    volumes = Volume.objects.exclude(status=VolumeStatus.DELETED).order_by()
    of_volumes = volumes.filter(environment=OuterRef("pk")).values("environment")
    of_environments = (
        Environment.objects.filter(company=OuterRef("pk")).order_by().values("company")
    )
    for rows, sizes in (
        (Environment.objects.all(), of_volumes.annotate(sum=Sum("size"))),
        (Company.objects.all(), of_environments.annotate(sum=Sum("storage_used"))),
    ):
        counted = rows.annotate(sum=Coalesce(Subquery(sizes.values("sum")), 0))
        wrong = counted.exclude(storage_used=F("sum"))
        for pk, name, used, total in wrong.values_list("pk", "name", "storage_used", "sum"):
            yield _wrong(rows.model, pk, name, f"{used} MB are counted, its sum is {total} MB")


def _exceeded() -> Iterator[Violation]:
    """Yield quotas that are exceeded by a change that was accepted under them.

    A quota may be set below the present usage; then nothing more fits. Since the last change that added
    usage, the sum has only fallen. So it was at least as large as now when that change was accepted.
    """
    for rows in (_over(Environment.objects.all()), _over(Company.objects.all())):
        for row in rows.iterator():
            # Check that the quota did not change while its history was read.
            if _took_room_since(row, _quota_set(row)) and _is_as_before(rows, row):
                what = f"{row.storage_used} MB were taken under a quota of {row.storage_quota} MB"
                yield _wrong(rows.model, row.pk, row.name, what)


def _over(rows: QuerySet[Environment] | QuerySet[Company]) -> QuerySet[Environment | Company]:
    return rows.filter(storage_used__gt=F("storage_quota"))


def _is_as_before(rows: QuerySet[Environment | Company], row: Environment | Company) -> bool:
    return rows.filter(pk=row.pk, storage_quota=row.storage_quota).exists()


def _quota_set(row: Environment | Company) -> uuid.UUID:
    """Return the id of the last revision that set the quota."""
    subject = Subject.ENVIRONMENT if isinstance(row, Environment) else Subject.COMPANY
    last = Revision.objects.quota_in_force(subject, row.pk)
    return last.pk if last else uuid.UUID(int=0)


def _took_room_since(row: Environment | Company, then: uuid.UUID) -> bool:
    volumes = Revision.objects.filter(subject=Subject.VOLUME, changes__has_key="size", id__gt=then)
    if isinstance(row, Environment):
        return volumes.filter(company=row.company_id, environment_id=row.pk).exists()
    return volumes.filter(company=row.pk).exists()


def _wrong(model: type[Model], pk: uuid.UUID, name: str, what: str) -> Violation:
    return Violation(Invariant.QUOTAS, f"{model._meta.verbose_name} {pk} {name}: {what}")

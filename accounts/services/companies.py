"""Services with which operators create and change companies. Quotas are in MiB, None for no limit."""

from django.db import transaction

from accounts import audit
from accounts.callers import Actor
from accounts.models import Company, Subject
from accounts.validators import name_problem, quota_problem
from config.errors import Refused


@transaction.atomic
def create_company(*, name: str, storage_quota: int | None, actor: Actor) -> Company:
    """Create a company. Raises Refused."""
    _check(name, storage_quota)
    if Company.objects.filter(name=name).exists():
        raise Refused.because("name", "name_taken", f"There is a company {name} already.")
    company = Company.objects.create(name=name, storage_quota=storage_quota)
    changes: audit.Changes = {"name": [None, name], "storageQuota": [None, storage_quota]}
    _record_company(company, actor, "create", changes)
    return company


@transaction.atomic
def change_company(
    *, company: Company, name: str, storage_quota: int | None, actor: Actor
) -> Company:
    """Change name and quota. Raises Refused.

    Only these columns are written: other transactions may change `storage_used` at the same time.
    """
    _check(name, storage_quota)
    present = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if Company.objects.filter(name=name).exclude(pk=present.pk).exists():
        raise Refused.because("name", "name_taken", f"There is a company {name} already.")
    changes: audit.Changes = {}
    if present.name != name:
        changes["name"] = [present.name, name]
    if present.storage_quota != storage_quota:
        changes["storageQuota"] = [present.storage_quota, storage_quota]
    if changes:
        present.name, present.storage_quota = name, storage_quota
        present.save(update_fields=["name", "storage_quota"])
        _record_company(present, actor, "update", changes)
    return present


def _check(name: str, storage_quota: int | None) -> None:
    """Raise Refused for a bad name or quota."""
    if problem := name_problem(name):
        raise Refused.because("name", "invalid", problem)
    if problem := quota_problem(storage_quota):
        raise Refused.because("storage_quota", "invalid", problem)


def _record_company(company: Company, actor: Actor, action: str, changes: audit.Changes) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=Subject.COMPANY,
        subject_id=str(company.pk),
        subject_name=company.name,
        company_id=company.pk,
        changes=changes,
    )

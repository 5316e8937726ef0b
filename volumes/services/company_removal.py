"""Remove a company with all that it owns. Each step can be repeated, and data goes before its row."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, QuerySet

from accounts import audit
from accounts.callers import Actor
from accounts.models import Company, Subject, Token
from accounts.services.locks import lock_company
from config import limits
from config.db.deletion import delete_in_batches
from config.errors import NotFound, Problem, Refused
from config.pagination import iterate_rows
from volumes.models import Application, Environment, Snapshot, Volume
from volumes.reconciler import purging
from volumes.rules.deletion import company_removal_blockers
from volumes.services.applications import delete_application
from volumes.services.environments import delete_environment
from volumes.services.volumes import delete_volume


class DataRemains(Refused):
    """Data that the storage could not remove. Trying again at once would not help."""


def owned(company: Company) -> dict[str, QuerySet[Any]]:
    """Return the rows that go with the company, by their kind."""
    inside = {"environment__company": company}
    return {
        "environment": Environment.objects.filter(company=company),
        "application": Application.objects.filter(**inside),
        "volume": Volume.objects.filter(**inside),
        "snapshot": Snapshot.objects.filter(**inside),
        "member": company.memberships.select_related("user"),
        "invitation": company.invitations.all(),
        "token": Token.objects.filter(company=company),
        "history entry": company.revisions.all(),
    }


def remove_company(
    *,
    company: Company,
    with_volumes: bool,
    actor: Actor,
) -> None:
    """Remove the company, its environments with everything in them, and its history.

    Accounts of members stay. Raises Refused, and has then removed only what could be removed: for
    protected volumes, for any volume without `with_volumes`, and for data that cannot be removed.
    """
    for attempt in range(1, limits.MAX_CLEANUP_ATTEMPTS + 1):
        if problems := list(company_removal_blockers(company, with_volumes=with_volumes)):
            raise Refused(problems)
        try:
            for environment in iterate_rows(Environment.objects.filter(company=company)):
                _remove_environment(environment, actor)
            delete_in_batches(company.revisions.all())
            _remove_row(company, actor)
            return
        except DataRemains:
            raise
        except (Refused, ProtectedError):
            # A new environment or volume: check everything again.
            if attempt == limits.MAX_CLEANUP_ATTEMPTS:
                raise


def _remove_environment(environment: Environment, actor: Actor) -> None:
    if not environment.is_deleted:
        for application in iterate_rows(environment.applications.live()):
            delete_application(environment=environment, application_id=application.pk, actor=actor)
        _delete_volumes(environment, actor)
        delete_environment(environment=environment, actor=actor)
    _purge_volumes(environment)
    for application in iterate_rows(environment.applications.all()):
        purging.purge_application(application)
    purging.purge_environment(environment)


def _delete_volumes(environment: Environment, actor: Actor) -> None:
    """Delete the live volumes with their snapshots, first those that are filled from others."""
    while volumes := environment.volumes.live().count():
        refusals = []
        for volume in iterate_rows(environment.volumes.live()):
            try:
                delete_volume(
                    environment=environment, volume_id=volume.pk, actor=actor, cascade=True
                )
            except Refused as refusal:
                refusals.append(refusal)
            except NotFound:
                continue  # a member has deleted it meanwhile
        if len(refusals) == volumes:
            raise refusals[0]


def _purge_volumes(environment: Environment) -> None:
    """Remove data and rows. Wait for other processes that work on them, for the time of a lease."""
    volumes = Volume.objects.filter(environment=environment)
    progress_at = time.monotonic()
    while volumes.exists():
        failed = []
        for volume in iterate_rows(volumes):
            match purging.purge_volume(volume):
                case True:
                    progress_at = time.monotonic()
                case False:
                    failed.append(volume.pk)
        if failed:
            raise DataRemains(_why(failed))
        if time.monotonic() - progress_at > 2 * limits.LEASE.total_seconds():
            raise DataRemains(
                [Problem("", "in_use", "Another process works on its volumes. Repeat the command.")]
            )
        time.sleep(limits.CLEANUP_RETRY_INTERVAL if volumes.exists() else 0)


def _why(pks: list[Any]) -> list[Problem]:
    rows = Volume.objects.filter(pk__in=pks[: limits.MAX_SCAN_EXAMPLES]).order_by("id")
    return [Problem("", "in_use", f"{row.ref} {row.name}: {row.operator_message}") for row in rows]


@transaction.atomic
def _remove_row(company: Company, actor: Actor) -> None:
    """Remove the row with memberships, invitations and bound tokens. Only operators see the entry."""
    company = lock_company(company)
    Company.objects.filter(pk=company.pk).delete()
    audit.record(
        actor=actor,
        action="delete",
        subject=Subject.COMPANY,
        subject_id=str(company.pk),
        subject_name=company.name,
        company_id=None,
    )

"""Remove a company and all it owns."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.callers import SYSTEM
from accounts.models import Company, Membership
from config.errors import Refused
from volumes.management.cleanup import CleanupCommand, table
from volumes.rules.deletion import company_removal_blockers
from volumes.services.company_removal import owned, remove_company

LISTED = ("environment", "application", "volume", "snapshot", "member", "invitation", "token")
"""What --json lists one by one. History is only counted."""


class Command(CleanupCommand):
    help = "Remove a company and all it owns. Accounts of its members stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--with-volumes", action="store_true", help="delete its volumes and their data too"
        )
        super().add_arguments(parser)

    def handle(self, *, name: str, with_volumes: bool, **options: Any) -> None:
        company = Company.objects.filter(name=name).first()
        if company is None:
            raise CommandError(f"There is no company {name}.")
        rows = owned(company)
        counted = [{"kind": kind, "number": found.count()} for kind, found in rows.items()]
        report: dict[str, Any] = {"counted": counted, "found": [], "removed": [], "failed": []}
        if options["json"]:
            report["found"] = [
                _describe(kind, row) for kind in LISTED for row in rows[kind].order_by("pk")
            ]
        else:
            self.stdout.write(table(counted))
        if problems := list(company_removal_blockers(company, with_volumes=with_volumes)):
            raise CommandError("; ".join(map(str, problems)))
        question = f"Remove the company {name} with all of this for good?"
        if not options["dry_run"] and self.is_confirmed(question, options, name=name):
            try:
                remove_company(company=company, with_volumes=with_volumes, actor=SYSTEM)
            except Refused as refusal:
                raise CommandError(f"{refusal} Repeat the command to go on.") from None
            report["removed"] = report["found"]
            say = self.stderr if options["json"] else self.stdout
            say.write(f"Removed the company {name}.")
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2))


def _describe(kind: str, row: Any) -> dict[str, Any]:
    if isinstance(row, Membership):
        return {"kind": kind, "id": row.user.ref, "name": row.user.username}
    return {"kind": kind, "id": getattr(row, "ref", str(row.pk)), "name": row.name}

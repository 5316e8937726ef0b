"""Create a company, an environment and a user, for automation."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Role
from config.commands import CheckedCommand
from config.errors import Refused
from volumes.management.arguments import megabytes
from volumes.management.installation import begin_installation
from volumes.services.bootstrap import bootstrap


class Command(CheckedCommand):
    help = "Make what is missing of a company, an environment and a person. Idempotent by names."
    applies_migrations = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", required=True, metavar="NAME")
        parser.add_argument("--environment", required=True, metavar="NAME")
        parser.add_argument("--username", required=True, metavar="U")
        parser.add_argument("--email", default="", metavar="E")
        parser.add_argument("--role", choices=Role.values, default=Role.ADMIN)
        parser.add_argument("--superuser", action="store_true", help="may use the admin as well")
        parser.add_argument("--quota", type=megabytes, metavar="MB", help="the environment's")
        parser.add_argument("--company-quota", type=megabytes, metavar="MB")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        begin_installation()
        try:
            made = bootstrap(
                company_name=options["company"],
                environment_name=options["environment"],
                username=options["username"],
                email=options["email"],
                role=Role(options["role"]),
                superuser=options["superuser"],
                quota=options["quota"],
                company_quota=options["company_quota"],
            )
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        except ValidationError as error:
            raise CommandError("; ".join(error.messages), returncode=2) from None
        printed = asdict(made)
        for sentence in printed.pop("unchanged"):
            self.stderr.write(sentence)
        if options["json"]:
            self.stdout.write(json.dumps(printed))
            return
        for name, value in printed.items():
            shown = " ".join(value) if isinstance(value, list) else value
            self.stdout.write(f"{name}: {shown if shown is not None else '(made before)'}")

"""Create an API token under the same rules as the settings page."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import services
from accounts.callers import SYSTEM
from accounts.models import Scope, User
from config.commands import CheckedCommand
from config.errors import Refused
from config.timestamps import rfc3339
from volumes.management.arguments import environment_id, whole_number
from volumes.queries.environments import company_of_environment, environment_choices


class Command(CheckedCommand):
    help = "Make an API token for a person with a second factor. It is printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--scope", choices=Scope.values, default=Scope.WRITE)
        parser.add_argument("--environment", type=environment_id, default=None, metavar="ID")
        parser.add_argument(
            "--expires-in", type=whole_number(least=1, most=36_500), default=None, metavar="DAYS"
        )
        parser.add_argument("--json", action="store_true")

    def handle(
        self,
        *,
        username: str,
        name: str,
        scope: str,
        environment: uuid.UUID | None,
        expires_in: int | None,
        **options: Any,
    ) -> None:
        owner = User.objects.filter(username=username, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no active account {username}.")
        if environment and not environment_choices(owner, among=[environment]):
            raise CommandError(f"{username} reaches no environment {environment}.")
        expires_at = timezone.now() + timedelta(days=expires_in) if expires_in else None
        try:
            _, secret = services.create_token(
                owner=owner,
                name=name,
                scope=Scope(scope),
                environment_id=environment,
                company_id=company_of_environment(environment) if environment else None,
                expires_at=expires_at,
                actor=SYSTEM,
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        printed = {
            "token": secret,
            "name": name,
            "scope": scope,
            "environmentId": str(environment) if environment else None,
            "expiresAt": rfc3339(expires_at),
        }
        self.stdout.write(json.dumps(printed) if options["json"] else secret)

"""Deactivates the account of somebody who left."""

from typing import Any

from django.core.management.base import CommandParser

from accounts import services
from accounts.callers import SYSTEM
from accounts.management.people import add_username, person_named
from config.commands import CheckedCommand


class Command(CheckedCommand):
    help = "Deactivates an account; ends its sessions, tokens and invitations for good."

    def add_arguments(self, parser: CommandParser) -> None:
        add_username(parser)

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        person = person_named(username)
        is_last = services.is_last_superuser(person)
        was_active = services.deactivate(person=person, actor=SYSTEM)
        state = "is deactivated" if was_active else "was deactivated already"
        self.stdout.write(
            f"The account {username} {state}. Sessions, tokens and invitations ended."
        )
        if is_last:
            self.stderr.write("No active superuser is left. Choose one: grant_superuser USERNAME")
        for company in services.left_without_admin(person):
            self.stderr.write(
                f"The company {company} has no active admin. Choose one in the admin, or with bootstrap."
            )

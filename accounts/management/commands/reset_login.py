"""Resets the login of a person who lost both password and second factor."""

from typing import Any

from django.core.management.base import CommandParser

from accounts import services
from accounts.callers import SYSTEM
from accounts.management.people import add_username, person_named
from config.commands import CheckedCommand


class Command(CheckedCommand):
    help = "Gives a person a new password; ends their second factor, tokens and sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        add_username(parser)

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        password = services.reset_login(user=person_named(username), actor=SYSTEM)
        self.stdout.write(f"The new password of {username}, shown only now: {password}")
        self.stdout.write("The second factor is off; tokens and sessions are ended.")

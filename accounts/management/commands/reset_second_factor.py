"""Switches off the second factor of a person who lost their device but knows the password."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.auth import second_factor
from accounts.callers import SYSTEM
from accounts.management.people import add_username, person_named
from config.commands import CheckedCommand


class Command(CheckedCommand):
    help = "Switches off a person's second factor and ends their sessions. Tokens stay."

    def add_arguments(self, parser: CommandParser) -> None:
        add_username(parser)

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        was_on = second_factor.reset(person=person_named(username), actor=SYSTEM)
        state = "is off now" if was_on else "was off already"
        self.stdout.write(
            f"The second factor of {username} {state}, and the sessions are ended. Tokens are refused"
            " until there is a new second factor."
        )

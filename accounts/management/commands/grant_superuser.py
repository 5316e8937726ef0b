"""Makes a person a superuser."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import services
from accounts.auth import second_factor
from accounts.callers import SYSTEM
from accounts.management.people import add_username, person_named
from config.commands import CheckedCommand
from config.errors import Refused


class Command(CheckedCommand):
    help = "Lets a person use the admin with all rights."

    def add_arguments(self, parser: CommandParser) -> None:
        add_username(parser)

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        person = person_named(username)
        try:
            is_new = services.grant_superuser(person=person, actor=SYSTEM)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{username} is a superuser{'' if is_new else ' already'}.")
        if not second_factor.is_on(person):
            self.stderr.write("The admin needs a second factor, which this account does not have.")

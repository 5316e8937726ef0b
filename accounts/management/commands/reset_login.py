"""Resets the login of a person who lost both password and second factor."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import services
from accounts.callers import SYSTEM
from accounts.models import User


class Command(BaseCommand):
    help = "Gives a person a new password; ends their second factor, tokens and sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is no account {username}.", returncode=1)
        password = services.reset_login(user=person, actor=SYSTEM)
        self.stdout.write(f"The new password of {username}, shown only now: {password}")
        self.stdout.write("The second factor is off; tokens and sessions are ended.")

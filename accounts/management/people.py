"""What commands about one person share."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from accounts.models import User


def add_username(parser: ArgumentParser) -> None:
    parser.add_argument("username", metavar="USERNAME")


def person_named(username: str) -> User:
    """Return the account. Raises CommandError with exit code 1 if there is none."""
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"There is no account {username}.")
    return person

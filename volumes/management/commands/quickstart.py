"""Set up and serve a new installation in one command."""

from __future__ import annotations

import io
import os
from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

import segno
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.callers import SYSTEM
from accounts.models import Company
from config.commands import CheckedCommand
from config.env import address
from config.setting_sources import BadSetting
from volumes.management.installation import begin_installation
from volumes.models import Environment
from volumes.services.applications import create_application
from volumes.services.bootstrap import BootstrapResult, bootstrap
from volumes.specs.application import ApplicationSpec

BIND = "127.0.0.1:8000"
COMPANY, ENVIRONMENT, USERNAME = "Demo", "production", "admin"
APPLICATIONS = ("web", "worker", "database")
QUOTA = 1024 * 1024  # MB (MiB): 1 TB


class Command(CheckedCommand):
    help = "Migrate, make a demo company on the first run, say how to log in, and serve."
    applies_migrations = True
    requires_system_checks = ()  # for the same reason as in `serve`

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default=BIND, metavar="HOST:PORT")

    def handle(self, *, bind: str, **options: Any) -> None:
        try:
            url = public_url(*address("--bind", bind))
        except BadSetting as error:
            raise CommandError(str(error), returncode=2) from None
        call_command("migrate", verbosity=0, interactive=False)
        begin_installation()
        if Company.objects.exists():
            self.stdout.write(f"Holdfast is set up already. Log in at {url}/login")
            self.stdout.write(
                "Who lost everything gets a new password: manage.py reset_login USERNAME"
            )
        else:
            made = bootstrap(
                company_name=COMPANY,
                environment_name=ENVIRONMENT,
                username=USERNAME,
                superuser=True,
                quota=QUOTA,
            )
            environment = Environment.objects.get(pk=made.environmentId)
            for name in APPLICATIONS:
                spec = ApplicationSpec(name=name)
                create_application(environment=environment, spec=spec, actor=SYSTEM)
            self.stdout.write(welcome(made, url))
        self.stdout.flush()
        os.environ["PUBLIC_URL"] = url  # of the workers, which read the settings again
        call_command("serve", bind=bind)


def public_url(host: str, port: int) -> str:
    """Return PUBLIC_URL or, while that has its default, the address of a server that listens there."""
    if settings.PUBLIC_URL.geturl() != f"http://{BIND}":
        return settings.PUBLIC_URL.geturl()
    if ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def welcome(made: BootstrapResult, url: str) -> str:
    """Return how to log in and a first request. These secrets are shown only once."""
    account = f"otpauth://totp/Holdfast:{made.username}?secret={made.totpSecret}&issuer=Holdfast"
    codes = made.recoveryCodes or []
    picture = io.StringIO()
    segno.make(account, error="l").terminal(picture, compact=True, border=2)
    return f"""
Log in at {url}/login

    username      {made.username}
    password      {made.password}
    TOTP secret   {made.totpSecret}
    or once each  {" ".join(codes[:5])}
                  {" ".join(codes[5:])}

{picture.getvalue()}
All of this is shown only now. A first volume, by the API:

curl -sS {url}/{made.environmentId}/volume \\
  -H 'Authorization: Bearer {made.token}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"name": "app-data-volume", "size": 10240}}'
"""

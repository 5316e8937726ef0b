"""Set up and serve a new installation in one command."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.conf import settings
from django.core.management import call_command

from accounts.callers import SYSTEM
from accounts.models import Company
from config.commands import CheckedCommand
from volumes.models import Environment
from volumes.services.applications import create_application
from volumes.services.bootstrap import BootstrapResult, bootstrap
from volumes.specs.application import ApplicationSpec
from volumes.storage import ensure_installation

COMPANY, ENVIRONMENT, USERNAME = "Demo", "production", "admin"
APPLICATIONS = ("web", "worker", "database")
QUOTA = 1024 * 1024  # MB (MiB): 1 TB


class Command(CheckedCommand):
    help = "Migrate, make a demo company on the first run, say how to log in, and serve."
    applies_migrations = True
    requires_system_checks = ()  # for the same reason as in `serve`

    def handle(self, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        ensure_installation()
        address = settings.PUBLIC_URL.geturl()
        if Company.objects.exists():
            self.stdout.write(f"Holdfast is set up already. Log in at {address}/login")
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
            self.stdout.write(welcome(made, address))
        self.stdout.flush()
        call_command("serve", bind="127.0.0.1:8000")


def welcome(made: BootstrapResult, address: str) -> str:
    """Return how to log in and a first request. These secrets are shown only once."""
    account = f"otpauth://totp/Holdfast:{made.username}?secret={made.totpSecret}&issuer=Holdfast"
    codes = made.recoveryCodes or []
    picture = io.StringIO()
    segno.make(account, error="l").terminal(picture, compact=True, border=2)
    return f"""
Log in at {address}/login

    username      {made.username}
    password      {made.password}
    TOTP secret   {made.totpSecret}
    or once each  {" ".join(codes[:5])}
                  {" ".join(codes[5:])}

{picture.getvalue()}
All of this is shown only now. A first volume, by the API:

curl -sS {address}/{made.environmentId}/volume \\
  -H 'Authorization: Bearer {made.token}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"name": "app-data-volume", "size": 10240}}'
"""

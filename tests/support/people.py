"""What people do in a browser: log in, and type codes of their device."""

import time
from typing import Any

from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from tests.factories import PASSWORD

WRONG_CODE = "000000"


def code_of(device: TOTPDevice) -> str:
    """Return the present code of the device."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time()
    return f"{totp.token():06d}"


def fresh_code(person: User) -> str:
    """Return an unused code. Resets the device instead of waiting 30 seconds for the next one."""
    device = TOTPDevice.objects.get(user=person, confirmed=True)
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1, drift=0)
    return code_of(device)


def give_password(client: Client, person: User, password: str = PASSWORD, **extra: Any) -> Any:
    spec = {"username": person.username, "password": password}
    return client.post("/login", spec, **extra)


def log_in(client: Client, person: User) -> Client:
    """Log in with the password and, if there is a second factor, a code."""
    give_password(client, person)
    if person.confirmed_device():
        client.post("/login", {"code": fresh_code(person)})
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/security").status_code == 200

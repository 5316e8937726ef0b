"""The second factor: a device that makes codes, and recovery codes for the day it is lost.

It is on while there is a confirmed TOTPDevice. Whatever changes it locks the person's row first.
"""

import base64
import logging
import re
from collections.abc import Callable
from typing import TypeVar

import django_otp
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import audit
from accounts.auth import recovery_codes, throttling
from accounts.auth.revocation import revoke_all
from accounts.callers import Actor
from accounts.errors import Refused
from accounts.models import Subject, User

log = logging.getLogger("holdfast.accounts")

WRONG_CODE = (
    "This code is wrong or was used before. Type the one shown now. If it keeps failing, check the"
    " clock of the device that shows it."
)
SIX_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)

Found = TypeVar("Found")


def is_on(person: User) -> bool:
    return person.confirmed_device() is not None


def verify(*, person: User, code: str, actor: Actor) -> TOTPDevice:
    """The person's device, for a code of it that was not used before or for a recovery code."""
    return _guess(person, actor, lambda: _accepted(person, code, actor))


@transaction.atomic
def enrol(*, person: User) -> TOTPDevice:
    """A new device that counts for nothing until a code of it is typed. Earlier such ones go."""
    lock(person)
    if is_on(person):
        raise Refused("", "The second factor is on already. Switch it off first.")
    TOTPDevice.objects.filter(user=person, confirmed=False).delete()
    return TOTPDevice.objects.create(user=person, name="authenticator", confirmed=False)


def pending_device(person: User) -> TOTPDevice | None:
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=person, confirmed=False).first()
    return device


def confirm(*, person: User, code: str, actor: Actor) -> list[str]:
    """Switches the factor on by a code of the pending device. Answers ten recovery codes."""
    return _guess(person, actor, lambda: _confirmed(person, code, actor))


@transaction.atomic
def set_up(*, person: User, actor: Actor) -> tuple[str, list[str]]:
    """On at once, for commands that print it: the device's secret in base 32, and recovery codes."""
    device = enrol(person=person)
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    codes = recovery_codes.renew(person)
    _record(person, actor, "create", {"enabled": [False, True]})
    return base64.b32encode(device.bin_key).decode(), codes


@transaction.atomic
def renew_recovery_codes(*, person: User, actor: Actor) -> list[str]:
    """Ten new ones; the old ones end."""
    lock(person)
    before = person.recovery_codes.count()
    codes = recovery_codes.renew(person)
    person.end_sessions()
    _record(person, actor, "update", {"recoveryCodes": [before, len(codes)]})
    return codes


@transaction.atomic
def switch_off(*, person: User, actor: Actor) -> int:
    """Devices, recovery codes, sessions and tokens end. Says how many tokens."""
    lock(person)
    was_on = is_on(person)
    TOTPDevice.objects.filter(user=person).delete()
    person.recovery_codes.all().delete()
    ended = revoke_all(person, actor)
    person.end_sessions()
    if was_on:
        _record(person, actor, "delete", {"enabled": [True, False]})
    return ended


def lock(person: User) -> None:
    # NO KEY: rows that name this person as their maker can still be written meanwhile.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _guess(person: User, actor: Actor, attempt: Callable[[], Found | None]) -> Found:
    """What the attempt finds, alone with this person's row: a burst of guesses stands in line here,
    and each sees how often the ones before it failed."""
    with transaction.atomic():
        lock(person)
        tries = throttling.code_throttle(person.ref, actor.ip, actor.browser)
        tries.check()
        found = attempt()
        if found is None:
            tries.failed()
        else:
            tries.succeeded()
    # Outside the transaction, which must keep the count.
    if found is None:
        log.warning("a code was refused", extra={"user": person.ref, "ip": actor.ip})
        raise Refused("code", WRONG_CODE)
    return found


def _accepted(person: User, code: str, actor: Actor) -> TOTPDevice | None:
    device = person.confirmed_device()
    if device is None or not User.objects.filter(pk=person.pk, is_active=True).exists():
        return None
    if _matches(device, code) or _spend(person, code, actor):
        return device
    return None


def _confirmed(person: User, code: str, actor: Actor) -> list[str] | None:
    device = pending_device(person)
    if device is None or is_on(person) or not _matches(device, code):
        return None
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    codes = recovery_codes.renew(person)
    person.end_sessions()
    _record(person, actor, "create", {"enabled": [False, True]})
    return codes


def _matches(device: TOTPDevice, code: str) -> bool:
    # The library reads the code by int(), which takes "+12345" and Arabic digits too. Apps show
    # "123 456". Only the library's function locks the device, so that a code counts once.
    digits = code.replace(" ", "")
    if not SIX_DIGITS.fullmatch(digits):
        return False
    return django_otp.verify_token(device.user, device.persistent_id, digits) is not None


def _spend(person: User, code: str, actor: Actor) -> bool:
    left = person.recovery_codes.count()
    if not recovery_codes.spend(person, code):
        return False
    _record(person, actor, "update", {"recoveryCodes": [left, left - 1]})
    return True


def _record(person: User, actor: Actor, action: str, changes: audit.Changes) -> None:
    audit.record_for_user(
        actor=actor,
        action=action,
        subject=Subject.SECOND_FACTOR,
        person=person,
        changes=changes,
    )

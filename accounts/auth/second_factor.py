"""The second factor: a TOTP device, and recovery codes for when the device is lost.

It is on while the person has a confirmed TOTPDevice. Every change locks the person's row first.
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
from accounts.models import Subject, User
from config.errors import Refused

log = logging.getLogger("holdfast.accounts")

WRONG_CODE = (
    "This code is wrong or was used before. Type the one shown now. If it keeps failing, check the"
    " clock of the device that shows it."
)
SIX_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)

ResultT = TypeVar("ResultT")


def is_on(person: User) -> bool:
    return person.confirmed_device() is not None


def verify(*, person: User, code: str, actor: Actor) -> TOTPDevice:
    """Return the person's device if the code is an unused code of it or a recovery code.

    Raises Refused and Throttled.
    """
    return _attempt_once(person, actor, lambda: _verified_device(person, code, actor))


@transaction.atomic
def enrol(*, person: User) -> TOTPDevice:
    """Create an unconfirmed device, replacing an earlier one. Raises Refused if the factor is on."""
    lock(person)
    if is_on(person):
        raise Refused.because(
            "", "wrong_status", "The second factor is on already. Switch it off first."
        )
    TOTPDevice.objects.filter(user=person, confirmed=False).delete()
    return TOTPDevice.objects.create(user=person, name="authenticator", confirmed=False)


def pending_device(person: User) -> TOTPDevice | None:
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=person, confirmed=False).first()
    return device


def confirm(*, person: User, code: str, actor: Actor) -> list[str]:
    """Switch the factor on by a code of the pending device. Return ten recovery codes.

    Raises Refused and Throttled.
    """
    return _attempt_once(person, actor, lambda: _confirm_device(person, code, actor))


@transaction.atomic
def set_up(*, person: User, actor: Actor) -> tuple[str, list[str]]:
    """Switch the factor on without a code, for commands that print the secret.

    Return the device's secret in base 32, and the recovery codes.
    """
    device = enrol(person=person)
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    codes = recovery_codes.renew(person)
    _record(person, actor, "create", {"enabled": [False, True]})
    return base64.b32encode(device.bin_key).decode(), codes


@transaction.atomic
def renew_recovery_codes(*, person: User, actor: Actor) -> list[str]:
    """Replace the recovery codes, end all sessions, and return the ten new codes."""
    lock(person)
    before = person.recovery_codes.count()
    codes = recovery_codes.renew(person)
    person.end_sessions()
    _record(person, actor, "update", {"recoveryCodes": [before, len(codes)]})
    return codes


@transaction.atomic
def switch_off(*, person: User, actor: Actor) -> int:
    """Delete devices and recovery codes, end all sessions, and revoke all tokens. Return how many."""
    lock(person)
    revoked = revoke_all(person, actor)
    _remove(person, actor)
    return revoked


@transaction.atomic
def reset(*, person: User, actor: Actor) -> bool:
    """Delete devices and recovery codes, and end all sessions. Return whether the factor was on.

    The tokens stay: they are refused as long as there is no new factor, and work again afterwards.
    """
    lock(person)
    return _remove(person, actor)


def lock(person: User) -> None:
    # NO KEY, so that others can still insert rows with a foreign key to this person.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _attempt_once(person: User, actor: Actor, attempt: Callable[[], ResultT | None]) -> ResultT:
    """Return the result of the attempt. Raises Refused if it is None, and Throttled.

    Attempts run one at a time under the lock of the person's row, so that each attempt of a burst sees
    the failures of those before it.
    """
    with transaction.atomic():
        lock(person)
        throttle = throttling.code_throttle(person.ref, actor.ip, actor.browser)
        throttle.check()
        result = attempt()
        if result is None:
            throttle.failed()
        else:
            throttle.succeeded()
    # Raised outside the transaction, so that the failure count is committed.
    if result is None:
        log.warning("second_factor_failed", extra={"user": person.ref, "ip": actor.ip})
        raise Refused.because("code", "invalid", WRONG_CODE)
    return result


def _verified_device(person: User, code: str, actor: Actor) -> TOTPDevice | None:
    device = person.confirmed_device()
    if device is None or not User.objects.filter(pk=person.pk, is_active=True).exists():
        return None
    if _matches(device, code) or _spend(person, code, actor):
        return device
    return None


def _confirm_device(person: User, code: str, actor: Actor) -> list[str] | None:
    device = pending_device(person)
    if device is None or is_on(person) or not _matches(device, code):
        return None
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    codes = recovery_codes.renew(person)
    person.end_sessions()
    _record(person, actor, "create", {"enabled": [False, True]})
    return codes


def _matches(device: TOTPDevice, code: str) -> bool:
    # The library parses the code with int(), which also accepts "+12345" and Arabic digits. Apps show
    # "123 456". verify_token locks the device, so that a code is accepted once only.
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


def _remove(person: User, actor: Actor) -> bool:
    was_on = is_on(person)
    TOTPDevice.objects.filter(user=person).delete()
    person.recovery_codes.all().delete()
    person.end_sessions()
    if was_on:
        _record(person, actor, "delete", {"enabled": [True, False]})
    return was_on


def _record(person: User, actor: Actor, action: str, changes: audit.Changes) -> None:
    audit.record_for_user(
        actor=actor,
        action=action,
        subject=Subject.SECOND_FACTOR,
        person=person,
        changes=changes,
    )

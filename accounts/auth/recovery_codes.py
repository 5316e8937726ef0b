"""Recovery codes: each stands in for a code of the device once."""

import hashlib
import secrets

from accounts.models import RecoveryCode, User

HOW_MANY = 10
# Crockford's base 32: 24 of them are 120 bits, so that a plain digest hides them, and none looks like
# another.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LOOKALIKES = str.maketrans("oil", "011", " -")


def renew(person: User) -> list[str]:
    """New ones in place of the old. Only their digests are kept: nobody can show them again."""
    person.recovery_codes.all().delete()
    codes = [_random_code() for _ in range(HOW_MANY)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=person, digest=_digest(code)) for code in codes
    )
    return codes


def spend(person: User, code: str) -> bool:
    """One conditional DELETE: of several who type the same code, one finds it."""
    spent, _ = RecoveryCode.objects.filter(user=person, digest=_digest(code)).delete()
    return spent == 1


def _random_code() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(6))


def _digest(code: str) -> str:
    """Of the code however it was typed: case, spaces, dashes and look-alikes do not matter."""
    return hashlib.sha256(code.lower().translate(LOOKALIKES).encode()).hexdigest()

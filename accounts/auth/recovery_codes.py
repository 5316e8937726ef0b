"""Recovery codes: each replaces a code of the device once."""

import hashlib
import secrets

from accounts.models import RecoveryCode, User

CODES_PER_PERSON = 10
# Crockford's base 32, in which no character looks like another. 24 characters are 120 bits, so a digest
# without a salt is enough.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LOOKALIKES = str.maketrans("oil", "011", " -")


def renew(person: User) -> list[str]:
    """Replace all codes of the person and return the new ones. Only their digests are stored."""
    person.recovery_codes.all().delete()
    codes = [_random_code() for _ in range(CODES_PER_PERSON)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=person, digest=_digest(code)) for code in codes
    )
    return codes


def spend(person: User, code: str) -> bool:
    """Use up the code. Return whether it was valid: one conditional DELETE, so it counts once only."""
    deleted, _ = RecoveryCode.objects.filter(user=person, digest=_digest(code)).delete()
    return deleted == 1


def _random_code() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(6))


def _digest(code: str) -> str:
    """Return the digest of a code, ignoring case, spaces and dashes, and accepting look-alikes."""
    return hashlib.sha256(code.lower().translate(LOOKALIKES).encode()).hexdigest()

"""The secret of an API token: its form, its checksum, its digest.

`hfst_` + 32 random letters and digits (190 bits) + 6 letters and digits of their CRC-32, so that a
mistyped one is refused without a look-up and scanners for leaked secrets can tell it from noise.
"""

import hashlib
import re
import secrets
import string
from zlib import crc32

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
FORM = re.compile(r"hfst_([0-9A-Za-z]{32})([0-9A-Za-z]{6})", re.ASCII)


def new_secret() -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(32))
    return f"hfst_{body}{_checksum(body)}"


def is_well_formed(secret: str) -> bool:
    """Whether this could be a token at all: right alphabet, length and checksum."""
    match = FORM.fullmatch(secret)
    return match is not None and _checksum(match[1]) == match[2]


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _checksum(body: str) -> str:
    rest, digits = crc32(body.encode("ascii")), ""
    for _ in range(6):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits

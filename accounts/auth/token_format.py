"""The format of an API token's secret, its checksum and its digest.

`hfst_`, 32 random letters and digits (190 bits), and 6 letters and digits of their CRC-32. The checksum
lets Holdfast refuse a mistyped token without a query, and lets secret scanners recognize a token.
"""

import hashlib
import re
import secrets
import string
from zlib import crc32

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
FORMAT = re.compile(r"hfst_([0-9A-Za-z]{32})([0-9A-Za-z]{6})", re.ASCII)


def new_secret() -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(32))
    return f"hfst_{body}{_checksum(body)}"


def is_well_formed(secret: str) -> bool:
    """Whether prefix, alphabet, length and checksum are those of a token."""
    match = FORMAT.fullmatch(secret)
    return match is not None and _checksum(match[1]) == match[2]


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _checksum(body: str) -> str:
    remainder, digits = crc32(body.encode("ascii")), ""
    for _ in range(6):
        remainder, digit = divmod(remainder, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits

"""A device's secret, for a camera and for typing."""

from base64 import b32encode

import segno
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice


def svg_of(device: TOTPDevice) -> SafeString:
    """Black on white in every theme, quiet zone included: cameras expect it so."""
    code = segno.make(device.config_url, error="m", micro=False)
    # Attributes only, drawn by the library from the address: no style, nothing of the user's.
    return mark_safe(  # noqa: S308
        code.svg_inline(
            border=4,
            dark="#000",
            light="#fff",
            omitsize=True,
            svgclass="qr",
            lineclass=None,
            title="QR code of the secret below",
        )
    )


def secret_of(device: TOTPDevice) -> str:
    """In groups of four, as authenticators want it typed."""
    letters = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(letters[i : i + 4] for i in range(0, len(letters), 4))

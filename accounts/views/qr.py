"""The secret of a TOTP device, as a QR code and as text."""

from base64 import b32encode

import segno
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice


def svg_of(device: TOTPDevice) -> SafeString:
    """Return the QR code as SVG, black on white in every theme, with the margin that cameras need."""
    code = segno.make(device.config_url, error="m", micro=False)
    # Safe: the library draws paths from the URL. The SVG has no style and no text of the user.
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
    """Return the secret in base 32, in groups of four characters for typing."""
    letters = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(letters[i : i + 4] for i in range(0, len(letters), 4))

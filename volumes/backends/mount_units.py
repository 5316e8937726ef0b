"""What mounts a file at boot: a line of /etc/fstab, or a mount unit of systemd."""

from __future__ import annotations

import re


def instructions(file: str, point: str, options: str) -> str:
    """Return what an operator does so that the file is mounted at boot."""
    return (
        "To mount it at boot, add this line to /etc/fstab:\n\n"
        f"{fstab_line(file, point, options)}\n\n"
        f"or create this unit of systemd as /etc/systemd/system/{unit_name(point)} and enable it:\n\n"
        f"{mount_unit(file, point, options)}"
    )


def fstab_line(file: str, point: str, options: str) -> str:
    fields = (re.sub(r"[\s#\\]", _octal, path) for path in (file, point))
    return " ".join([*fields, "xfs", options, "0", "0"])


def mount_unit(file: str, point: str, options: str) -> str:
    """Return the content of the unit. `unit_name` has its name."""
    what, where = (path.replace("%", "%%") for path in (file, point))  # % begins a specifier
    return (
        "[Unit]\nDescription=Storage of Holdfast\n\n"
        f"[Mount]\nWhat={what}\nWhere={where}\nType=xfs\nOptions={options}\n\n"
        "[Install]\nWantedBy=local-fs.target"
    )


def unit_name(point: str) -> str:
    """Return the name that systemd demands of the mount unit of a path, as `systemd-escape -p` does."""
    path = re.sub("/+", "/", point).strip("/")
    # Bytes that are no letter, digit, ":", "_" or "." are escaped, and so is a dot at the beginning.
    escaped = "".join(
        "-" if byte == b"/" else byte.decode() if re.fullmatch(rb"[\w:.]", byte) else _hex(byte)
        for byte in (bytes([number]) for number in path.encode())
    )
    if escaped.startswith("."):
        escaped = _hex(b".") + escaped[1:]
    return f"{escaped or '-'}.mount"


def _hex(byte: bytes) -> str:
    return f"\\x{byte.hex()}"


def _octal(match: re.Match[str]) -> str:
    return f"\\{ord(match[0]):03o}"

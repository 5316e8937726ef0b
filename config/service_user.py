"""The user that the service runs as, who owns the storage; root may act for that user."""

from __future__ import annotations

import ctypes
import os
import pwd

_VERSION = 0x20080522  # version 3 of linux/capability.h: each set is two words of 32 bits
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Word(ctypes.Structure):
    """The same 32 capabilities in each set of a process."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def become(uid: int, gid: int) -> None:
    """Turn this process of root into one of the user, with the capabilities of root.

    So what it and its children create belongs to the user, while they can still read, give away and
    remove the files of others. Call it before there are threads. `gid` counts for a user without an
    account. Raises OSError, for example without CAP_SETUID.
    """
    try:
        account = pwd.getpwuid(uid)
    except KeyError:
        groups = [gid]
    else:
        gid = account.pw_gid
        groups = os.getgrouplist(account.pw_name, gid)
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setresuid(uid, uid, uid)
    _use_capabilities()


def described(uid: int) -> str:
    """Return the number of the user, with the name if there is one."""
    try:
        return f"user {uid} ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return f"user {uid}"


def _use_capabilities() -> None:
    """Put all permitted capabilities into effect, here and in programs that this process starts."""
    header, words = _Header(_VERSION, 0), (_Word * 2)()
    _check(_libc.capget(ctypes.byref(header), words))
    for word in words:
        word.effective = word.inheritable = word.permitted
    _check(_libc.capset(ctypes.byref(header), words))
    permitted = words[0].permitted | words[1].permitted << 32
    for capability in range(permitted.bit_length()):
        if permitted >> capability & 1:
            _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

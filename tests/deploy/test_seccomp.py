"""deploy/seccomp/volumes.json: what it refuses to a process, and what it leaves."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import json
import os
from pathlib import Path

import pytest

from tests.backends.helpers import run_in_child
from tests.support.needs import needs

PROFILE = Path(__file__).parents[2] / "deploy/seccomp/volumes.json"
LIBRARY = ctypes.util.find_library("seccomp")

pytestmark = needs(LIBRARY is not None, "needs libseccomp2")

FSGETXATTR, FSSETXATTR = 0x801C581F, 0x401C5820
GETFLAGS, SETFLAGS = 0x80086601, 0x40086602
HIGH_BIT = 1 << 32
ACTIONS = {"SCMP_ACT_ALLOW": 0x7FFF0000, "SCMP_ACT_ERRNO": 0x00050000}
OPERATORS = {"SCMP_CMP_MASKED_EQ": 7}


class Comparison(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("value_two", ctypes.c_uint64),
    )


def load_profile() -> None:
    """Apply the profile to this process for good, as a container engine does."""
    profile = json.loads(PROFILE.read_text())
    seccomp = ctypes.CDLL(LIBRARY)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ACTIONS[profile["defaultAction"]]))
    for rule in profile["syscalls"]:
        action = ACTIONS[rule["action"]] | rule.get("errnoRet", 0)
        comparisons = [
            Comparison(one["index"], OPERATORS[one["op"]], one["value"], one["valueTwo"])
            for one in rule.get("args", [])
        ]
        array = (Comparison * len(comparisons))(*comparisons)
        for name in rule["names"]:
            # Engines leave out what their library does not know.
            number = seccomp.seccomp_syscall_resolve_name(name.encode())
            added = number == -1 or not seccomp.seccomp_rule_add_array(
                context, action, number, len(comparisons), array
            )
            assert added, name
    assert seccomp.seccomp_load(context) == 0


def ioctl(path: Path, number: int, get: int) -> int:
    """Set what `get` reads, unchanged. Return the error, 0 without one."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(64)
    fd = os.open(path, os.O_RDONLY)
    assert libc.ioctl(fd, ctypes.c_ulong(get), buffer) == 0
    return ctypes.get_errno() if libc.ioctl(fd, ctypes.c_ulong(number), buffer) else 0


def ioctl_under_profile(path: Path, number: int, get: int) -> int:
    load_profile()
    return ioctl(path, number, get)


@pytest.mark.parametrize(
    ("number", "get"),
    [
        (FSSETXATTR, FSGETXATTR),
        (SETFLAGS, GETFLAGS),
        (FSSETXATTR | HIGH_BIT, FSGETXATTR),
        (SETFLAGS | HIGH_BIT, GETFLAGS),
    ],
    ids=["project", "flags", "project with high bits", "flags with high bits"],
)
def test_the_profile_refuses_to_change_the_project_of_a_file(
    tmp_path: Path, number: int, get: int
) -> None:
    assert run_in_child(ioctl, tmp_path, number, get) == 0
    assert run_in_child(ioctl_under_profile, tmp_path, number, get) == errno.EPERM


def work(path: Path) -> str:
    load_profile()
    (path / "file").write_text("content")
    (path / "file").rename(path / "other")
    (path / "other").chmod(0o600)
    return (path / "other").read_text()


def test_everything_usual_works(tmp_path: Path) -> None:
    assert run_in_child(work, tmp_path) == "content"


def test_the_profile_refuses_namespaces_and_mounts(tmp_path: Path) -> None:
    assert run_in_child(unshare_under_profile) == errno.EPERM


def unshare_under_profile() -> int:
    load_profile()
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if libc.unshare(0x00020000) else 0

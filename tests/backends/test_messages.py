"""Two texts for each error: tenants read the cause, operators also the path and the cure."""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from volumes.backends import BackendError, StorageUnavailable
from volumes.backends.causes import DeviceError, cause_of
from volumes.backends.layout import path_in_volume
from volumes.backends.oserrors import translating_errors
from volumes.backends.texts import cut, quoted

A, B = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
ROOT = "/srv/volumes"
FOR_OPERATORS = re.compile(r"`|/|manage\.py|lsattr|chattr|ulimit|CAP_|\bmount it|as root")


@contextmanager
def as_user(uid: int) -> Iterator[None]:
    """Act as another user, like a server that does not run as root."""
    before = os.geteuid()
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(before)


def translated(error: OSError) -> BackendError:
    with pytest.raises(BackendError) as raised, translating_errors("take the snapshot", ROOT):
        raise error
    return raised.value


@pytest.mark.parametrize("number", errno.errorcode, ids=errno.errorcode.get)
def test_messages_to_tenants_name_no_command_capability_or_host_path(number: int) -> None:
    error = translated(OSError(number, os.strerror(number), f"{ROOT}/{A}"))
    # "remote i/o error" is no path.
    assert not FOR_OPERATORS.search(
        error.message.replace("input/output", "io").replace("i/o", "io")
    )
    assert A not in error.message
    assert f"{ROOT}/{A}" in error.detail


@pytest.mark.parametrize(
    "place",
    [
        f"{A}/data",
        f"{A}/snapshots/{B}",
        f".trash/{A}.5f/data",
        f".trash/{A}.5f/snapshots/{B}",
        f".trash/{A}.{B}.5f",
        f".tmp/{A}.0/data",
        f".tmp/{A}.{B}.0",
    ],
)
def test_tenants_see_the_path_in_the_volume_and_operators_that_on_disk(
    place: str,
) -> None:
    error = translated(PermissionError(errno.EACCES, "denied", f"{ROOT}/{place}/logs/a b"))
    assert "(at 'logs/a b')" in error.message
    assert f"(at '{ROOT}/{place}/logs/a b')" in error.detail


@pytest.mark.parametrize("path", ["", A, f"{A}/data", f"{A}/snapshots/{B}", ".tmp/x/data/y", "x/y"])
def test_a_path_outside_volumes_is_not_shown_to_tenants(path: str) -> None:
    assert path_in_volume(path) == ""


def test_tenants_learn_no_details_of_errors_of_the_whole_storage() -> None:
    error = StorageUnavailable("The storage root /srv carries no marker.")
    assert error.message.startswith("The storage is not available at the moment.")
    assert (str(error), error.detail) == ("The storage root /srv carries no marker.",) * 2


def test_a_device_that_cannot_be_copied_is_reported() -> None:
    error = translated(DeviceError(errno.EPERM, "no", f"{ROOT}/{A}/data/zero"))
    assert "it is a device, which the server may not copy" in error.message
    assert "CAP_MKNOD" in error.detail


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its user and back")
@pytest.mark.parametrize(
    ("number", "uid", "words"),
    [
        (errno.EPERM, 0, "immutable or append-only"),
        (errno.EPERM, 65534, "user 65534: it lacks CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER"),
        (errno.EACCES, 65534, "denied to the server's user 65534; make it the owner"),
        (errno.EACCES, 0, "although the server (user 0) has every capability"),
    ],
)
def test_the_cure_depends_on_errno_and_user(number: int, uid: int, words: str) -> None:
    with as_user(uid):
        found = cause_of(OSError(number, os.strerror(number)))
    assert words in found.operator
    assert "as root" not in found.operator


def test_names_of_files_are_escaped_and_shortened() -> None:
    assert quoted("a\nb\x1b[31m\udcff") == r"'a\nb\x1b[31m\udcff'"
    long = quoted("first/" + "\n" * 5000 + "/the last", 60)
    assert len(long) <= 60
    assert (long.startswith("'first/"), long.endswith("/the last'")) == (True, True)


def test_a_message_is_shortened_to_the_column() -> None:
    assert cut("x" * 10, 10) == "x" * 10
    assert cut("x" * 11, 10) == "x" * 9 + "…"
    assert cut("a\0b\udcff", 10) == "ab\\udcff"

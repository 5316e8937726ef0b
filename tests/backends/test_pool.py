"""What a pool in a file needs of the process, and what mounts it at boot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.backends.helpers import INSTALLATION, run_as_nobody
from volumes.backends import StorageUnavailable, mount_units
from volumes.backends.directory import Directory


def test_a_missing_privilege_is_named(root: Path, ground: Path) -> None:
    with pytest.raises(StorageUnavailable, match=r"takes root on the host.*CAP_SYS_ADMIN"):
        run_as_nobody(_init_pool, str(root), str(ground / "pool"))
    assert os.listdir(ground) == []


def _init_pool(root: str, file: str) -> None:
    Directory(root, INSTALLATION).init_pool(file, 320, preallocate=False)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/holdfast", "srv-holdfast.mount"),
        ("/srv/a b/.x/é-1_:.", r"srv-a\x20b-.x-\xc3\xa9\x2d1_:..mount"),
        ("/.srv//x/", r"\x2esrv-x.mount"),
        ("/", "-.mount"),
    ],
)
def test_the_unit_has_the_name_that_systemd_demands(path: str, name: str) -> None:
    assert mount_units.unit_name(path) == name


def test_what_separates_fields_in_fstab_is_escaped() -> None:
    line = mount_units.fstab_line("/disk/a b#1", "/srv/back\\slash", "loop,prjquota")
    assert line == r"/disk/a\040b\0431 /srv/back\134slash xfs loop,prjquota 0 0"


def test_a_percent_sign_is_escaped_in_a_unit() -> None:
    unit = mount_units.mount_unit("/disk/50% full", "/srv/holdfast", "loop,prjquota")
    assert "What=/disk/50%% full\nWhere=/srv/holdfast\nType=xfs\nOptions=loop,prjquota\n" in unit

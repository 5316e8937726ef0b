"""STORAGE_LIMITS on a file system without project quotas."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.backends.helpers import INSTALLATION, memory_disk
from volumes.backends import BackendError, project_quotas
from volumes.backends.directory import Directory


@pytest.fixture
def disk() -> Path:
    return memory_disk()


def test_sizes_are_advisory_and_the_reason_is_reported(storage: Directory, handle: str) -> None:
    assert storage.create(handle, 10) is False
    assert storage.grow(handle, 20) is False
    assert storage.enforce(handle, 20) is False
    can = storage.capabilities()
    assert not can.enforces_sizes
    assert "mounted with" in can.no_enforcement_reason
    assert storage.diagnose().facts["sizes"] == f"not enforced. {can.no_enforcement_reason}"


def test_no_project_is_set(storage: Directory, handle: str, snapshot: str) -> None:
    storage.create(handle, 10)
    storage.snapshot(handle, snapshot)
    names = {path.name for path in Path(storage.root).rglob("*")}
    assert not [name for name in names if "project" in name]


def test_the_setting_required_refuses_to_create_and_grow(
    storage: Directory, ground: Path, handle: str, snapshot: str, target: str
) -> None:
    storage.create(handle, 10)
    storage.snapshot(handle, snapshot)
    old = ground / "old"
    old.mkdir()
    required = Directory(storage.root, INSTALLATION, limits="required")
    for operation in [
        lambda: required.create(target, 10),
        lambda: required.clone(handle, snapshot, target, 10),
        lambda: required.adopt(target, str(old), 10),
        lambda: required.grow(handle, 20),
    ]:
        with pytest.raises(BackendError, match="STORAGE_LIMITS is required") as refused:
            operation()
        assert "mounted with" in refused.value.detail
        assert "STORAGE_LIMITS" not in refused.value.message
    (problem,) = required.diagnose().problems
    assert "does not enforce sizes" in problem.problem
    assert "mounted with" in problem.cure
    assert old.is_dir()
    assert not required.exists(target)
    assert required.usage(handle) >= 0
    required.delete(handle)
    assert required.is_empty()


def test_sizes_are_advisory_if_a_seccomp_filter_refuses_quotas(
    storage: Directory, handle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    # The filter of a container answers so. A filter of the test's own process would stay on it.
    monkeypatch.setattr(project_quotas, "_quotactl", refused)
    assert storage.create(handle, 10) is False
    assert storage.grow(handle, 20) is False
    assert storage.usage(handle) >= 0
    assert "seccomp" in storage.capabilities().no_enforcement_reason
    storage.delete(handle)
    assert storage.is_empty()

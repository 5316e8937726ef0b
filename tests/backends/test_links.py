"""Links that somebody planted, and names that would lead elsewhere."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.backends.helpers import (
    assert_refused,
    metadata_by_path,
    names_below,
    new_id,
)
from volumes.backends import BackendError, StoredItem
from volumes.backends.directory import Directory


class TestLinks:
    def test_links_in_the_data_are_never_followed(
        self, storage: Directory, data: Path, outside: Path, handle: str, snapshot: str, target: str
    ) -> None:
        before = metadata_by_path(outside)
        (data / "directory").symlink_to(outside)
        (data / "file").symlink_to(outside / "precious")
        (data / "parent").symlink_to("../../..")
        assert storage.usage(handle) < 50_000
        storage.snapshot(handle, snapshot)
        storage.clone(handle, snapshot, target, 10)
        assert metadata_by_path(Path(storage.source(target))) == metadata_by_path(data)
        storage.delete_snapshot(handle, snapshot)
        storage.delete(handle)
        storage.delete(target)
        assert metadata_by_path(outside) == before
        assert storage.is_empty()

    def test_a_volume_that_is_a_link_is_missing_and_only_the_link_is_removed(
        self, storage: Directory, root: Path, outside: Path, handle: str, snapshot: str
    ) -> None:
        before = metadata_by_path(outside)
        (root / handle).symlink_to(outside)
        assert not storage.exists(handle)
        assert_refused(storage.usage, handle)
        assert_refused(storage.grow, handle, 20)
        assert_refused(storage.snapshot, handle, snapshot)
        assert_refused(storage.create, handle, 10)
        assert_refused(storage.last_changed, handle)
        assert list(storage.inventory()) == []
        storage.delete(handle)
        assert not (root / handle).is_symlink()
        assert metadata_by_path(outside) == before

    def test_data_that_is_a_link_is_missing(
        self, storage: Directory, root: Path, outside: Path, handle: str, snapshot: str
    ) -> None:
        before = metadata_by_path(outside)
        (root / handle).mkdir()
        (root / handle / "data").symlink_to(outside)
        assert not storage.exists(handle)
        assert_refused(storage.usage, handle)
        assert_refused(storage.snapshot, handle, snapshot)
        assert_refused(storage.create, handle, 10)
        storage.delete(handle)
        assert metadata_by_path(outside) == before

    def test_snapshots_behind_a_link_are_missing(
        self, storage: Directory, data: Path, outside: Path, handle: str, snapshot: str
    ) -> None:
        (outside / snapshot).mkdir()
        before = metadata_by_path(outside)
        (data.parent / "snapshots").symlink_to(outside)
        storage.delete_snapshot(handle, snapshot)
        assert_refused(storage.snapshot, handle, new_id())
        assert_refused(storage.clone, handle, snapshot, new_id(), 10)
        assert set(storage.inventory()) == {StoredItem(handle)}
        storage.delete(handle)
        assert metadata_by_path(outside) == before

    @pytest.mark.parametrize("area", [".tmp", ".trash"])
    def test_a_working_directory_that_is_a_link_is_not_used(
        self, storage: Directory, data: Path, outside: Path, handle: str, area: str
    ) -> None:
        (outside / f"{handle}.0a").mkdir()
        before = metadata_by_path(outside)
        Path(storage.root, area).rmdir()
        Path(storage.root, area).symlink_to(outside)
        doing: dict[str, tuple[Any, ...]] = {
            ".tmp": (storage.create, new_id(), 10),
            ".trash": (storage.delete, handle),
        }
        assert_refused(*doing[area])
        assert storage.exists(handle)
        assert set(storage.inventory()) == {StoredItem(handle)}
        assert metadata_by_path(outside) == before


IDENTIFIER = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

TEXT = st.one_of(
    st.text(),
    st.text(alphabet="0123456789abcdefABCDEF-/.\0\n", max_size=40),
    st.builds(
        str.join,
        st.sampled_from(["/", "", "\n", "\0"]),
        st.lists(st.one_of(st.uuids().map(str), st.just(".."), st.text()), max_size=3),
    ),
)


class TestNames:
    @settings(
        max_examples=300,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(name=TEXT.filter(lambda name: not re.fullmatch(IDENTIFIER, name)))
    def test_an_invalid_identifier_never_becomes_a_path(
        self, storage: Directory, ground: Path, name: str
    ) -> None:
        before = names_below(ground)
        operations: list[Callable[[str], Any]] = [storage.source, storage.exists, storage.delete]
        for operation in operations:
            with pytest.raises(BackendError) as refused:
                operation(name)
            assert refused.value.permanent
        with pytest.raises(BackendError):
            storage.create(name, 10)
        assert names_below(ground) == before

    @settings(
        max_examples=50,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(name=st.uuids().map(str))
    def test_an_identifier_is_a_directory_below_the_root(
        self, storage: Directory, root: Path, name: str
    ) -> None:
        storage.create(name, 10)
        assert storage.source(name) == os.path.realpath(root / name / "data")
        assert (root / name / "data").is_dir()

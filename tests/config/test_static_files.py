"""Publication of static files: once for each set, completely or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.http.static_files import STATIC_ROOT_VARIABLE, StaticFilesPublisher
from tests.support.installation import ROOT

LONG_AGO = (0, 0)


@pytest.fixture
def sources(tmp_path: Path, settings) -> Path:
    """A copy of the project's static files, which tests may change."""
    directory = tmp_path / "sources"
    shutil.copytree(ROOT / "templates" / "static", directory)
    settings.STATICFILES_DIRS = [directory]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    return directory


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(STATIC_ROOT_VARIABLE, "")
    return tmp_path / "static"


@pytest.fixture
def publisher(home: Path) -> Iterator[StaticFilesPublisher]:
    publisher = StaticFilesPublisher(home)
    yield publisher
    publisher.close()


def published() -> Path:
    """Return the directory that workers use."""
    return Path(os.environ[STATIC_ROOT_VARIABLE])


def hashed(name: str) -> Path:
    names: dict[str, str] = json.loads((published() / "staticfiles.json").read_text())["paths"]
    return published() / names[name]


def test_each_file_gets_a_hashed_name_and_a_compressed_copy(sources, publisher) -> None:
    publisher.publish()
    path = hashed("holdfast.css")
    assert path.read_bytes() == (sources / "holdfast.css").read_bytes()
    assert path.with_name(f"{path.name}.gz").stat().st_size < path.stat().st_size / 2


def test_published_set_is_reused(sources, home, publisher) -> None:
    publisher.publish()
    first = hashed("holdfast.css").stat().st_ino
    again = StaticFilesPublisher(home)
    again.publish()
    again.close()
    assert hashed("holdfast.css").stat().st_ino == first
    assert [path.name for path in home.iterdir()] == [published().name]


def test_changed_file_gets_a_new_name_and_the_old_one_is_kept_for_its_server(
    sources, home, publisher
) -> None:
    publisher.publish()
    old, old_home = hashed("holdfast.css"), published()
    os.utime(old_home, LONG_AGO)
    style = sources / "holdfast.css"
    style.write_bytes(style.read_bytes()[:-1] + b" ")  # of the same size
    later = StaticFilesPublisher(home)
    later.publish()
    later.close()
    assert hashed("holdfast.css").name != old.name
    assert old.is_file()


def test_unused_set_is_removed(sources, home, publisher) -> None:
    publisher.publish()
    old_home = published()
    publisher.close()
    os.utime(old_home, LONG_AGO)
    (sources / "holdfast.css").write_text("body { color: red }")
    publisher.publish()
    assert [path for path in home.iterdir()] == [published()]


def test_removed_set_is_published_again(sources, home, publisher) -> None:
    publisher.publish()
    shutil.rmtree(published())
    publisher.publish()
    assert hashed("holdfast.css").is_file()


def test_set_that_another_server_creates_is_kept(sources, home, publisher) -> None:
    draft = home / ".draft-other"
    draft.mkdir(parents=True)
    publisher.publish()
    assert draft.is_dir()


def test_addresses_in_style_sheets_are_rewritten(sources, publisher) -> None:
    (sources / "holdfast.css").write_text("body { background: url(favicon.svg) }")
    publisher.publish()
    assert hashed("favicon.svg").name in hashed("holdfast.css").read_text()


def test_unwritable_directory_does_not_stop_the_server(
    sources, home, publisher, caplog: pytest.LogCaptureFixture
) -> None:
    home.write_text("a file")
    publisher.publish()
    assert STATIC_ROOT_VARIABLE not in os.environ
    assert caplog.text.count("static_files_not_published") == 1


def test_failed_publication_keeps_the_published_set(sources, home, publisher) -> None:
    publisher.publish()
    before = published()
    (sources / "holdfast.css").write_text("body { background: url(not-there-yet.svg) }")
    publisher.publish()
    assert published() == before
    assert not list(home.glob(".draft-*"))

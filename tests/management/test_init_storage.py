"""init_storage."""

import pytest

from volumes import storage
from volumes.models import Installation

pytestmark = pytest.mark.usefixtures("storage_root")


def test_the_marker_carries_the_installations_id(storage_root):
    marker = (storage_root / ".holdfast").read_text().strip()
    assert marker == str(Installation.objects.get().id)


def test_another_disk_gets_the_same_marker_by_this_command_only(run, settings, tmp_path):
    settings.STORAGE_ROOT = tmp_path / "another"
    storage.build_backend.cache_clear()
    storage.ensure_installation()
    assert not (tmp_path / "another").exists()
    outcome = run("init_storage")
    assert outcome.code == 0
    assert str(tmp_path / "another") in outcome.out
    marker = (tmp_path / "another" / ".holdfast").read_text().strip()
    assert marker == str(Installation.objects.get().id)


def test_again_changes_nothing(run, storage_root):
    before = (storage_root / ".holdfast").read_bytes()
    assert run("init_storage").code == 0
    assert (storage_root / ".holdfast").read_bytes() == before


def test_another_installations_disk_is_refused(run, storage_root):
    (storage_root / ".holdfast").write_text("somebody-elses\n")
    outcome = run("init_storage")
    assert (outcome.code, "another installation" in outcome.err) == (1, True)
    assert (storage_root / ".holdfast").read_text() == "somebody-elses\n"

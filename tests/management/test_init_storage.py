"""init_storage."""

import pytest

from volumes import storage
from volumes.models import Installation

pytestmark = pytest.mark.usefixtures("storage_root")


def test_the_marker_carries_the_installations_id(storage_root):
    marker = (storage_root / ".holdfast").read_text().strip()
    assert marker == str(Installation.objects.get().id)


def test_only_this_command_marks_another_disk(run, settings, tmp_path):
    settings.STORAGE_ROOT = tmp_path / "another"
    storage.build_backend.cache_clear()
    storage.ensure_installation()
    assert not (tmp_path / "another").exists()
    outcome = run("init_storage")
    assert outcome.code == 0
    assert str(tmp_path / "another") in outcome.out
    marker = (tmp_path / "another" / ".holdfast").read_text().strip()
    assert marker == str(Installation.objects.get().id)


def test_a_second_call_changes_nothing(run, storage_root):
    before = (storage_root / ".holdfast").read_bytes()
    assert run("init_storage").code == 0
    assert (storage_root / ".holdfast").read_bytes() == before


def test_another_installations_disk_is_refused(run, storage_root):
    (storage_root / ".holdfast").write_text("somebody-elses\n")
    outcome = run("init_storage")
    assert (outcome.code, "another installation" in outcome.err) == (1, True)
    assert (storage_root / ".holdfast").read_text() == "somebody-elses\n"


@pytest.mark.parametrize(
    "command",
    [
        ("init_storage",),
        ("bootstrap", "--company", "Acme", "--environment", "production", "--username", "alice"),
        ("serve", "--bind", "127.0.0.1:1024"),
        ("quickstart", "--bind", "127.0.0.1:1024"),
    ],
    ids=lambda command: command[0],
)
def test_a_storage_that_cannot_be_marked_is_one_line(run, settings, tmp_path, command):
    Installation.objects.all().delete()
    storage.installation_id.cache_clear()
    (tmp_path / "file").touch()
    settings.STORAGE_ROOT = tmp_path / "file" / "volumes"
    storage.build_backend.cache_clear()
    outcome = run(*command)
    assert outcome.code == 1
    assert outcome.err.startswith(f"Could not look at the storage root {tmp_path}/file/volumes: ")
    assert not Installation.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--pool", "/pool"], "--pool needs --pool-size SIZE"),
        (["--pool-size", "1GB"], "need --pool FILE"),
        (["--preallocate"], "need --pool FILE"),
        (["--pool", "/pool", "--pool-size", "299MB"], "must be from 300 MB to 1024 TB"),
        (["--pool", "/pool", "--pool-size", "1025TB"], "must be from 300 MB to 1024 TB"),
        (["--pool", "/pool", "--pool-size", "much"], "such as 10GB"),
        (["--pool", "/pool", "--pool-size", "-1GB"], "expected one argument"),
    ],
)
def test_wrong_usage_of_a_pool_is_one_line(run, arguments, expected):
    outcome = run("init_storage", *arguments)
    assert (outcome.code, expected in outcome.err) == (2, True)


def test_only_the_directory_backend_can_be_in_a_pool(run, settings, tmp_path):
    settings.STORAGE_BACKEND = "memory"
    storage.build_backend.cache_clear()
    outcome = run("init_storage", "--pool", str(tmp_path / "pool"), "--pool-size", "1.5 GB")
    assert (outcome.code, "Only the storage backend directory" in outcome.err) == (1, True)
    assert not (tmp_path / "pool").exists()

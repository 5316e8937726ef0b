"""adopt_volume."""

import pytest

from accounts.models import Revision
from tests.support.browser import Browser
from volumes.models import Environment, Volume

pytestmark = pytest.mark.usefixtures("storage_root")


@pytest.fixture
def directory(tmp_path):
    """3 MiB of somebody's data, outside the storage."""
    path = tmp_path / "legacy"
    path.mkdir()
    (path / "file").write_bytes(b"x" * 3 * 2**20)
    return path


@pytest.fixture
def adopt(run, environment, directory):
    def adopted(*arguments, name="legacy", path=directory):
        spec = ["--environment", str(environment.pk), "--name", name, *arguments, str(path)]
        return run("adopt_volume", *spec)

    return adopted


def test_the_directory_becomes_the_volumes_data(adopt, directory, storage_root):
    outcome = adopt()
    row = Volume.objects.get()
    assert outcome.code == 0
    assert row.ref in outcome.out
    assert (row.status, row.name, row.mount_path) == ("ready", "legacy", "/data/legacy")
    assert (storage_root / str(row.pk) / "data" / "file").stat().st_size == 3 * 2**20
    assert not directory.exists()


def test_the_size_is_the_usage_rounded_up(adopt, environment):
    adopt()
    environment.refresh_from_db()
    assert Volume.objects.get().size in {3, 4}
    assert environment.storage_used == Volume.objects.get().size


def test_size_and_mount_path_can_be_given(adopt):
    assert adopt("--size", "50", "--mount-path", "/srv/legacy").code == 0
    assert Volume.objects.values_list("size", "mount_path").get() == (50, "/srv/legacy")


def test_the_history_has_the_original_path(adopt, directory):
    adopt()
    entry = Revision.objects.get(subject="volume")
    assert (entry.action, entry.by, entry.via) == ("adopt", "system", "command")
    assert entry.changes["path"] == [None, str(directory)]


def test_tenants_do_not_see_the_path_on_the_host(adopt, api, alice, environment, directory):
    adopt()
    volume = Volume.objects.get()
    history = api(alice).get(f"/{environment.pk}/volume/{volume.ref}/history")
    export = Browser(alice).get("/activity.csv")
    activity = b"".join(export.streaming_content)
    assert history.json()[0]["action"] == "adopt"
    assert b"adopt" in activity
    assert str(directory) not in history.content.decode() + activity.decode()


@pytest.mark.parametrize(
    "arguments", [["--size", "1"], ["--mount-path", "/proc"], ["--size", "99999999999"]]
)
def test_an_invalid_request_changes_nothing(adopt, directory, arguments):
    assert adopt(*arguments).code in {1, 2}
    assert (directory / "file").exists()
    assert not Volume.objects.exists()


def test_a_bad_name_and_a_full_quota_are_refused(adopt, directory, environment):
    assert adopt(name="Bad").code in {1, 2}
    Environment.objects.update(storage_quota=2)
    outcome = adopt()
    assert outcome.code == 1
    assert "only 2 MB are left" in outcome.err
    assert (directory / "file").exists()


def test_a_missing_directory_or_one_in_the_storage_is_refused(adopt, tmp_path, storage_root):
    assert adopt(path=tmp_path / "nowhere").code == 1
    assert adopt(path=storage_root).code == 1
    assert not Volume.objects.exists()


def test_another_file_system_is_refused_with_a_cure(adopt):
    outcome = adopt(path="/proc/self")
    assert outcome.code == 1
    assert outcome.err
    assert not Volume.objects.exists()


def test_an_unknown_environment_is_refused(run, directory):
    nowhere = "00000000-0000-0000-0000-000000000000"
    spec = ["--environment", nowhere, "--name", "legacy", str(directory)]
    assert run("adopt_volume", *spec).code == 1


@pytest.mark.parametrize("arguments", [[], ["--environment", "x", "--name", "a", "/x"]])
def test_wrong_usage_exits_with_2(run, arguments):
    assert run("adopt_volume", *arguments).code == 2
